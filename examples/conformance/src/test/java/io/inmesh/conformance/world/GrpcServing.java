package io.inmesh.conformance.world;

import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.inmesh.Mesh;
import io.inmesh.grpc.MeshServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Serves every method of every gRPC service. */
final class GrpcServing implements Serving {
  private static final byte[] MESSAGE = Bytes.payload();
  private static final String HEALTH = "grpc.health.v1.Health/";

  /** Of a HealthCheckResponse. */
  private static final byte[] SERVING = {8, 1};

  private final Instance instance;
  private final MethodType type;
  private final ExecutorService threads = Executors.newCachedThreadPool(GrpcServing::daemon);
  private final Server server;

  GrpcServing(Instance instance, Mesh mesh, MethodType type, BindableService... services)
      throws IOException {
    this.instance = instance;
    this.type = type;
    ServerBuilder<?> builder =
        MeshServers.builder(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .executor(threads)
            .fallbackHandlerRegistry(new AnyMethod());
    for (BindableService service : services) {
      builder.addService(service);
    }
    server = builder.build().start();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "application-server");
    thread.setDaemon(true);
    return thread;
  }

  static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  static Map<String, String> fields(@Nullable Metadata metadata) {
    Map<String, String> fields = new TreeMap<>();
    if (metadata != null) {
      for (String name : metadata.keys()) {
        // An answer that is not gRPC leaves pseudo headers there.
        if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX) && !name.startsWith(":")) {
          Iterable<String> values = metadata.getAll(key(name));
          fields.put(name, values == null ? "" : String.join(",", values));
        }
      }
    }
    return fields;
  }

  @Override
  public int port() {
    return server.getPort();
  }

  @Override
  public void stop(int seconds) {
    server.shutdown();
    try {
      server.awaitTermination(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kill();
  }

  @Override
  public void kill() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // gRPC hands it tasks until the last connection is closed; what hangs is left to the end.
    threads.shutdown();
  }

  private final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
      return ServerMethodDefinition.create(
          MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
              .setType(MethodType.UNKNOWN)
              .setFullMethodName(method)
              .build(),
          (call, headers) -> {
            if (method.equals(HEALTH + "Watch")) {
              call.close(Status.UNIMPLEMENTED, new Metadata());
              return new ServerCall.Listener<>() {};
            }
            call.request(1);
            return new Exchange(call, headers, method.equals(HEALTH + "Check"));
          });
    }
  }

  /**
   * Answers the first message, ends when the caller has ended. Of a stream that gets one answer it
   * answers the end.
   */
  private final class Exchange extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final Metadata headers;
    private final boolean probe;
    private Reply.@Nullable Kind done;
    private boolean closed;
    private int bytes;

    Exchange(ServerCall<byte[], byte[]> call, Metadata headers, boolean probe) {
      this.call = call;
      this.headers = headers;
      this.probe = probe;
    }

    @Override
    public void onMessage(byte[] message) {
      bytes = bytes == 0 ? message.length : bytes;
      if (type == MethodType.CLIENT_STREAMING) {
        call.request(1);
      } else {
        answer();
      }
    }

    private void answer() {
      Reply reply;
      try {
        reply =
            instance.treat(
                new Seen(
                    "POST",
                    "/" + call.getMethodDescriptor().getFullMethodName(),
                    String.valueOf(call.getAuthority()),
                    fields(headers),
                    instance.remainingMillis(),
                    "gRPC",
                    String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)),
                    bytes));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (call.isCancelled()) {
        return;
      }
      done = reply.kind();
      Metadata fields = new Metadata();
      reply.headers().forEach((name, value) -> fields.put(key(name), value));
      switch (reply.kind()) {
        case NONE -> {}
        case RESET -> throw new UnsupportedOperationException("gRPC servers cannot reset");
        case ANSWER -> {
          if (reply.status() != 200) {
            closed = true;
            call.close(Statuses.grpc(reply.status()).toStatus(), fields);
            return;
          }
          call.sendHeaders(fields);
          int messages = type == MethodType.SERVER_STREAMING && !probe ? Transport.STREAMED : 1;
          for (int i = 0; i < messages; i++) {
            call.sendMessage(probe ? SERVING : MESSAGE);
          }
        }
      }
      call.request(1);
    }

    @Override
    public void onHalfClose() {
      if (type == MethodType.CLIENT_STREAMING) {
        answer();
      }
      if (done == Reply.Kind.ANSWER && !closed) {
        call.close(Status.OK, new Metadata());
      }
    }
  }
}

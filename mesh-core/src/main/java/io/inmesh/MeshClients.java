package io.inmesh;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The clients with which the mesh itself calls services of the mesh, made of the transports that
 * this process has, when they are first needed. Thread-safe.
 */
final class MeshClients implements AutoCloseable {
  /** Of one answer. */
  private static final int MAX_MESSAGE = 1 << 20;

  /** Bytes as they are. */
  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final Mesh mesh;
  private final Supplier<List<MeshTransport>> transports;
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();
  private volatile @Nullable HttpClient http;

  MeshClients(Mesh mesh) {
    this(mesh, MeshClients::installed);
  }

  MeshClients(Mesh mesh, Supplier<List<MeshTransport>> transports) {
    this.mesh = mesh;
    this.transports = transports;
  }

  private static List<MeshTransport> installed() {
    List<MeshTransport> found = new ArrayList<>();
    ServiceLoader.load(MeshTransport.class, MeshTransport.class.getClassLoader())
        .forEach(found::add);
    return found;
  }

  /**
   * For HTTP.
   *
   * @throws IllegalStateException if no transport speaks it
   */
  HttpClient http() {
    HttpClient known = http;
    return known == null ? openHttp() : known;
  }

  private synchronized HttpClient openHttp() {
    HttpClient known = http;
    if (known != null) {
      return known;
    }
    for (MeshTransport transport : transports.get()) {
      HttpClient client = transport.httpClient(mesh);
      if (client != null) {
        http = client;
        return client;
      }
    }
    throw new IllegalStateException("this process cannot call it: mesh-http-client is missing");
  }

  /**
   * A gRPC call with one message each way. Fails with what the mesh says, or the service's code:
   * its text may hold what it was shown.
   *
   * @param method {@code package.Service/Method}
   */
  CompletionStage<byte[]> unary(String authority, String method, byte[] message, Duration timeout) {
    ManagedChannel channel = channel(authority);
    return channel == null
        ? overHttp(authority, method, message, timeout)
        : overGrpc(channel, method, message, timeout);
  }

  /** Null: no transport speaks gRPC. */
  private @Nullable ManagedChannel channel(String authority) {
    return channels.computeIfAbsent(
        authority,
        added -> {
          for (MeshTransport transport : transports.get()) {
            ManagedChannel channel = transport.grpcChannel(mesh, added);
            if (channel != null) {
              return channel;
            }
          }
          return null;
        });
  }

  private static CompletionStage<byte[]> overGrpc(
      Channel channel, String method, byte[] message, Duration timeout) {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .setIdempotent(true)
            .build();
    CallOptions options =
        CallOptions.DEFAULT
            .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
            .withMaxInboundMessageSize(MAX_MESSAGE);
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(
        channel.newCall(descriptor, options),
        message,
        new StreamObserver<>() {
          private byte @Nullable [] message;

          @Override
          public void onNext(byte[] value) {
            message = value;
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(
                failure.getCause() instanceof MeshException own
                    ? own
                    : new IOException("answered " + Status.fromThrowable(failure).getCode()));
          }

          @Override
          public void onCompleted() {
            byte[] value = message;
            if (value == null) {
              answer.completeExceptionally(new IllegalStateException("answered nothing"));
            } else {
              answer.complete(value);
            }
          }
        });
    return answer;
  }

  /** gRPC's frames in HTTP messages, for processes without gRPC. */
  private CompletionStage<byte[]> overHttp(
      String authority, String method, byte[] message, Duration timeout) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + authority + "/" + method))
            .timeout(timeout)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .POST(HttpRequest.BodyPublishers.ofByteArray(GrpcAnswer.frame(message)))
            .build();
    return http().sendAsync(request, new GrpcAnswer(MAX_MESSAGE)).thenApply(HttpResponse::body);
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    if (http instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new IllegalStateException("an HTTP client does not close", e);
      }
    }
  }
}

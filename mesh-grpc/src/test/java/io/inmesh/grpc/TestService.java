package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A service of strings whose behaviour is in the requests. */
final class TestService implements AutoCloseable {
  static final Metadata.Key<String> SERVED_BY =
      Metadata.Key.of("served-by", Metadata.ASCII_STRING_MARSHALLER);

  static final MethodDescriptor<String, String> UNARY = method(MethodType.UNARY, "Unary");
  static final MethodDescriptor<String, String> SERVER_STREAM =
      method(MethodType.SERVER_STREAMING, "ServerStream");
  static final MethodDescriptor<String, String> CLIENT_STREAM =
      method(MethodType.CLIENT_STREAMING, "ClientStream");
  static final MethodDescriptor<String, String> BIDI = method(MethodType.BIDI_STREAMING, "Bidi");

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final AtomicInteger sent = new AtomicInteger();
  final List<Metadata> heads = new CopyOnWriteArrayList<>();
  final List<StreamObserver<String>> hanging = new CopyOnWriteArrayList<>();
  final List<String> received = new CopyOnWriteArrayList<>();
  final List<String> authorities = new CopyOnWriteArrayList<>();
  final AtomicInteger accepted = new AtomicInteger();
  final AtomicInteger connections = new AtomicInteger();
  final Set<SocketAddress> remotes = ConcurrentHashMap.newKeySet();
  volatile boolean recordHeads = true;
  volatile boolean hangsAlways;
  volatile boolean failsAlways;
  volatile boolean readsNothing;
  volatile long lastDeadlineMillis = -1;
  private final Map<String, AtomicInteger> tries = new ConcurrentHashMap<>();
  private @Nullable Server server;

  static MethodDescriptor<String, String> method(MethodType type, String name) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName("test.Strings/" + name)
        .setRequestMarshaller(new Strings())
        .setResponseMarshaller(new Strings())
        .build();
  }

  static CallOptions idempotent() {
    return CallOptions.DEFAULT.withOption(MeshChannels.IDEMPOTENT, true);
  }

  TestService start() throws IOException {
    return start(NettyServerBuilder.forPort(0));
  }

  TestService start(ServerBuilder<?> builder) throws IOException {
    server = builder.addService(definition()).addTransportFilter(new Connected()).build();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try {
        server.start();
        return this;
      } catch (IOException inUse) {
        // A port given up for a moment may be that of a connection of somebody else's by then.
        if (System.nanoTime() - end > 0) {
          throw inUse;
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  private final class Connected extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      accepted.incrementAndGet();
      connections.incrementAndGet();
      return attributes;
    }

    @Override
    public void transportTerminated(Attributes attributes) {
      connections.decrementAndGet();
    }
  }

  Server server() {
    Server started = server;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  int port() {
    return server().getPort();
  }

  ServerServiceDefinition definition() {
    return ServerInterceptors.intercept(
        ServerServiceDefinition.builder("test.Strings")
            .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::unary))
            .addMethod(SERVER_STREAM, ServerCalls.asyncServerStreamingCall(this::serverStream))
            .addMethod(CLIENT_STREAM, ServerCalls.asyncClientStreamingCall(this::clientStream))
            .addMethod(BIDI, ServerCalls.asyncBidiStreamingCall(this::bidi))
            .build(),
        new Recorder());
  }

  /** What it does whatever it is asked; false: what it is asked. */
  private boolean always(String request, StreamObserver<String> response) {
    if (recordHeads) {
      received.add(request);
    }
    if (hangsAlways) {
      hang(response);
    } else if (failsAlways) {
      response.onError(Status.INTERNAL.asException());
    }
    return hangsAlways || failsAlways;
  }

  private void unary(String request, StreamObserver<String> response) {
    if (always(request, response)) {
      return;
    }
    String[] words = request.split(" ", 3);
    switch (words[0]) {
      case "status" ->
          response.onError(Status.fromCodeValue(Integer.parseInt(words[1])).asException());
      case "flaky" -> {
        int failures = Integer.parseInt(words[1]);
        int before = tries.computeIfAbsent(words[2], key -> new AtomicInteger()).getAndIncrement();
        if (before < failures) {
          response.onError(Status.UNAVAILABLE.withDescription("flaky").asException());
        } else {
          answer(response, request);
        }
      }
      case "hang" -> hang(response);
      case "throw" -> throw new IllegalStateException("as asked");
      default -> answer(response, request);
    }
  }

  private void hang(StreamObserver<String> response) {
    ((ServerCallStreamObserver<String>) response).setOnCancelHandler(cancelled::incrementAndGet);
    hanging.add(response);
  }

  private static void answer(StreamObserver<String> response, String text) {
    response.onNext(text);
    response.onCompleted();
  }

  private void serverStream(String request, StreamObserver<String> response) {
    if (always(request, response)) {
      return;
    }
    String[] words = request.split(" ", 3);
    switch (words[0]) {
      case "status" ->
          response.onError(Status.fromCodeValue(Integer.parseInt(words[1])).asException());
      case "hang" -> hang(response);
      case "break" -> {
        response.onNext("one");
        response.onError(Status.UNAVAILABLE.asException());
      }
      default -> {
        int count = Integer.parseInt(words[1]);
        String payload = words.length > 2 ? "x".repeat(Integer.parseInt(words[2])) : "";
        ServerCallStreamObserver<String> out = (ServerCallStreamObserver<String>) response;
        out.setOnCancelHandler(cancelled::incrementAndGet);
        AtomicInteger next = new AtomicInteger();
        Runnable pump =
            () -> {
              while (out.isReady() && next.get() < count) {
                out.onNext(next.getAndIncrement() + payload);
                sent.incrementAndGet();
                if (next.get() == count) {
                  out.onCompleted();
                }
              }
            };
        out.setOnReadyHandler(pump);
      }
    }
  }

  private StreamObserver<String> clientStream(StreamObserver<String> response) {
    if (readsNothing) {
      ((ServerCallStreamObserver<String>) response).disableAutoRequest();
    }
    return new StreamObserver<>() {
      private final StringBuilder all = new StringBuilder();

      @Override
      public void onNext(String value) {
        received.add(value);
        all.append(value).append(' ');
      }

      @Override
      public void onError(Throwable t) {
        cancelled.incrementAndGet();
      }

      @Override
      public void onCompleted() {
        answer(response, all.toString().trim());
      }
    };
  }

  private StreamObserver<String> bidi(StreamObserver<String> response) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        received.add(value);
        response.onNext(value);
      }

      @Override
      public void onError(Throwable t) {
        cancelled.incrementAndGet();
      }

      @Override
      public void onCompleted() {
        response.onCompleted();
      }
    };
  }

  @Override
  public void close() {
    Server started = server;
    if (started != null) {
      started.shutdownNow();
      Eventually.until("the server stops", started::isTerminated);
    }
  }

  private final class Recorder implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      calls.incrementAndGet();
      SocketAddress from = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      if (from != null) {
        remotes.add(from);
      }
      if (recordHeads) {
        heads.add(headers);
        authorities.add(String.valueOf(call.getAuthority()));
      }
      io.grpc.Deadline deadline = Context.current().getDeadline();
      lastDeadlineMillis = deadline == null ? -1 : deadline.timeRemaining(TimeUnit.MILLISECONDS);
      return next.startCall(call, headers);
    }
  }

  private static final class Strings implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        byte[] bytes =
            stream instanceof KnownLength
                ? stream.readNBytes(stream.available())
                : stream.readAllBytes();
        return new String(bytes, StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

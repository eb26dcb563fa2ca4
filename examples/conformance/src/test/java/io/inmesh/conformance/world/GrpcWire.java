package io.inmesh.conformance.world;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.call.OutboundCall;
import io.inmesh.grpc.MeshChannels;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Calls over gRPC: any method, a message of bytes. */
final class GrpcWire implements Wire {
  private static final byte[] MESSAGE = Bytes.payload();

  /** Where channels come from. */
  interface Channels extends AutoCloseable {
    /** A new channel to port 80 of a service. */
    ManagedChannel to(String service);

    /** No more of them. */
    @Override
    default void close() {}
  }

  private final Channels source;
  private final MethodDescriptor.MethodType type;
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

  GrpcWire(Mesh mesh, MethodDescriptor.MethodType type) {
    this(service -> MeshChannels.forTarget(mesh, "mesh:///" + service), type);
  }

  GrpcWire(Channels source, MethodDescriptor.MethodType type) {
    this.source = source;
    this.type = type;
  }

  @Override
  public Answer send(Request request) throws InterruptedException {
    OneCall call = new OneCall(request);
    try {
      switch (type) {
        case UNARY -> {
          byte[] unused = ClientCalls.blockingUnaryCall(call.begin(), MESSAGE);
          call.messages.incrementAndGet();
        }
        case SERVER_STREAMING -> {
          Iterator<byte[]> messages =
              ClientCalls.blockingServerStreamingCall(call.begin(), MESSAGE);
          while (messages.hasNext()) {
            byte[] unused = messages.next();
            call.messages.incrementAndGet();
          }
        }
        default -> {
          boolean both = type == MethodDescriptor.MethodType.BIDI_STREAMING;
          BlockingClientCall<byte[], byte[]> stream =
              both
                  ? ClientCalls.blockingBidiStreamingCall(call.channel, call.method, call.options)
                  : ClientCalls.blockingClientStreamingCall(
                      call.channel, call.method, call.options);
          try {
            for (int i = 0; i < (both ? 1 : Transport.STREAMED); i++) {
              stream.write(MESSAGE);
            }
            stream.halfClose();
            while (stream.read() != null) {
              call.messages.incrementAndGet();
            }
          } catch (InterruptedException e) {
            stream.cancel("interrupted", e);
            throw e;
          }
        }
      }
      return call.answer(Status.OK);
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException().initCause(e);
      }
      return call.answer(e.getStatus());
    } catch (StatusException e) {
      return call.answer(e.getStatus());
    }
  }

  @Override
  public Pending sendAsync(Request request) {
    OneCall call = new OneCall(request);
    ClientCall<byte[], byte[]> begun = call.begin();
    switch (type) {
      case UNARY -> ClientCalls.asyncUnaryCall(begun, MESSAGE, call);
      case SERVER_STREAMING -> ClientCalls.asyncServerStreamingCall(begun, MESSAGE, call);
      case CLIENT_STREAMING -> {
        StreamObserver<byte[]> requests = ClientCalls.asyncClientStreamingCall(begun, call);
        for (int i = 0; i < Transport.STREAMED; i++) {
          requests.onNext(MESSAGE);
        }
        requests.onCompleted();
      }
      default -> {
        StreamObserver<byte[]> requests = ClientCalls.asyncBidiStreamingCall(begun, call);
        requests.onNext(MESSAGE);
        requests.onCompleted();
      }
    }
    return Pending.of(call.future, () -> begun.cancel("given up", null));
  }

  private ManagedChannel channel(String service) {
    return channels.computeIfAbsent(service, source::to);
  }

  @Override
  public void close() {
    // A connection that was let go a moment ago would keep a channel from ending by itself.
    channels.values().forEach(ManagedChannel::shutdownNow);
    try {
      for (ManagedChannel channel : channels.values()) {
        if (!channel.awaitTermination(5, TimeUnit.SECONDS)) {
          throw new AssertionError("calls are left in " + channel);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    source.close();
  }

  /** A call and what is seen of it. */
  private final class OneCall implements StreamObserver<byte[]> {
    final Channel channel;
    final MethodDescriptor<byte[], byte[]> method;
    final CallOptions options;
    final AtomicInteger messages = new AtomicInteger();
    final CompletableFuture<Answer> future = new CompletableFuture<>();
    private final AtomicReference<@Nullable Metadata> headers = new AtomicReference<>();
    private final AtomicReference<@Nullable Metadata> trailers = new AtomicReference<>();
    private final AtomicReference<@Nullable OutboundCall> outbound = new AtomicReference<>();

    OneCall(Request request) {
      Metadata sent = new Metadata();
      request.headers().forEach((name, value) -> sent.put(GrpcServing.key(name), value));
      channel =
          ClientInterceptors.intercept(
              channel(request.service()),
              MetadataUtils.newAttachHeadersInterceptor(sent),
              MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
      method =
          MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
              .setType(type)
              .setFullMethodName(request.path().substring(1))
              .build();
      CallOptions chosen = CallOptions.DEFAULT.withOption(MeshChannels.OBSERVER, outbound::set);
      if (request.idempotent()) {
        chosen = chosen.withOption(MeshChannels.IDEMPOTENT, true);
      }
      options =
          request.timeout() == null
              ? chosen
              : chosen.withDeadlineAfter(request.timeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    ClientCall<byte[], byte[]> begin() {
      return channel.newCall(method, options);
    }

    Answer answer(Status status) {
      Map<String, String> fields = new TreeMap<>(GrpcServing.fields(headers.get()));
      fields.putAll(GrpcServing.fields(trailers.get()));
      MeshException failure = HttpWire.cause(status.getCause(), MeshException.class);
      OutboundCall call = outbound.get();
      return new Answer(
          Statuses.http(status.getCode()),
          status.getCode(),
          fields,
          failure == null ? null : failure.reason(),
          String.valueOf(status.getDescription()),
          attempts(failure, call),
          messages.get());
    }

    private static List<AttemptRecord> attempts(
        @Nullable MeshException failure, @Nullable OutboundCall call) {
      if (failure != null) {
        return failure.attempts();
      }
      return call == null ? List.of() : call.attempts();
    }

    @Override
    public void onNext(byte[] message) {
      messages.incrementAndGet();
    }

    @Override
    public void onError(Throwable failure) {
      future.complete(answer(Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
      future.complete(answer(Status.OK));
    }
  }
}

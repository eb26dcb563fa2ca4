package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.inmesh.control.Randomness;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * News from the server at the other end of one connection: a stream on that very connection, begun
 * again when it ends. Confined to the synchronization context.
 */
final class ConnectionWatch<ReqT, RespT> {
  /** Who wants the news; called in the synchronization context. */
  interface Reader<RespT> {
    void news(RespT message);

    /** It ended; false: it is not to be begun again. */
    boolean ended(Status status);
  }

  /** Waits before a stream is begun again: at random below a bound that doubles, gRFC A17's. */
  private static final long BASE_NANOS = 1_000_000_000L;

  private static final long MAX_NANOS = 120_000_000_000L;

  private final Subchannel subchannel;
  private final SynchronizationContext sync;
  private final ScheduledExecutorService scheduler;
  private final MethodDescriptor<ReqT, RespT> method;
  private final ReqT request;
  private final Reader<RespT> reader;
  private int failures;
  private boolean closed;
  private @Nullable ClientCall<ReqT, RespT> call;
  private @Nullable ScheduledHandle retry;

  ConnectionWatch(
      Subchannel subchannel,
      SynchronizationContext sync,
      ScheduledExecutorService scheduler,
      MethodDescriptor<ReqT, RespT> method,
      ReqT request,
      Reader<RespT> reader) {
    this.subchannel = subchannel;
    this.sync = sync;
    this.scheduler = scheduler;
    this.method = method;
    this.request = request;
    this.reader = reader;
  }

  void start() {
    retry = null;
    if (closed) {
      return;
    }
    ClientCall<ReqT, RespT> begun = subchannel.asChannel().newCall(method, CallOptions.DEFAULT);
    call = begun;
    begun.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(RespT message) {
            sync.execute(() -> read(begun, message));
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            sync.execute(() -> ended(status));
          }
        },
        new Metadata());
    begun.request(1);
    begun.sendMessage(request);
    begun.halfClose();
  }

  private void read(ClientCall<ReqT, RespT> from, RespT message) {
    if (!closed) {
      failures = 0;
      reader.news(message);
      from.request(1);
    }
  }

  private void ended(Status status) {
    call = null;
    if (!closed && reader.ended(status)) {
      retry =
          sync.schedule(
              this::start,
              (long) (Randomness.SYSTEM.nextDouble() * bound(failures++)),
              TimeUnit.NANOSECONDS,
              scheduler);
    }
  }

  private static long bound(int failures) {
    return Math.min(MAX_NANOS, BASE_NANOS << Math.min(failures, 7));
  }

  void close() {
    closed = true;
    if (retry != null) {
      retry.cancel();
    }
    if (call != null) {
      call.cancel("no longer of interest", null);
    }
  }
}

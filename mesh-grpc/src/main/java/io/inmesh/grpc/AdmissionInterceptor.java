package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.inmesh.call.Admission;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.control.Clock;
import io.opentelemetry.context.Scope;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Asks the engine about each call before anything else of the server sees it. */
final class AdmissionInterceptor implements ServerInterceptor {
  private static final class Timers {
    static final ScheduledExecutorService SHARED =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "inmesh-grpc-timers");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** For what has to happen later. */
  static ScheduledExecutorService scheduler() {
    return Timers.SHARED;
  }

  private final ServerConnections connections;
  private final Clock clock;
  private final Executor executor;

  AdmissionInterceptor(ServerConnections connections, Clock clock, Executor executor) {
    this.connections = connections;
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    Peer peer = PeerFilter.of(call.getAttributes());
    String authority = call.getAuthority();
    ArrivedHead<ReqT> head =
        new ArrivedHead<>(
            peer.secure() ? "https" : "http", authority == null ? "" : authority, headers, call);
    Admission admission =
        connections
            .inbound(call.getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR))
            .admit(head, peer);
    // Who decides later may yet want to know how the request begins.
    RequestStart<ReqT> start =
        admission instanceof Admission.Pending ? head.reading() : head.start();
    if (start == null) {
      return admitted(admission, call, headers, next, peer);
    }
    start.forwardTo(admitted(admission, start.of(call), headers, next, peer));
    return start;
  }

  private <ReqT, RespT> ServerCall.Listener<ReqT> admitted(
      Admission admission,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next,
      Peer peer) {
    if (admission instanceof Admission.Pending pending) {
      PendingListener<ReqT> waiting = new PendingListener<>(executor, Context.current());
      pending
          .result()
          .thenAccept(decided -> waiting.resume(() -> resume(decided, call, headers, next, peer)));
      return waiting;
    }
    return proceed(admission, call, headers, next, peer);
  }

  /** gRPC does not see what a handler throws here, so the call is closed here as gRPC would. */
  private <ReqT, RespT> ServerCall.Listener<ReqT> resume(
      Admission admission,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next,
      Peer peer) {
    try {
      return proceed(admission, call, headers, next, peer);
    } catch (RuntimeException | Error e) {
      call.close(Status.UNKNOWN.withCause(e), new Metadata());
      throw e;
    }
  }

  private <ReqT, RespT> ServerCall.Listener<ReqT> proceed(
      Admission admission,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next,
      Peer peer) {
    if (admission instanceof Admission.Allowed allowed) {
      return handle(allowed.call(), call, headers, next, peer);
    }
    if (admission instanceof Admission.Denied denied) {
      LocalReply reply = denied.reply();
      call.close(GrpcStatuses.of(reply), GrpcStatuses.trailers(reply));
    } else if (admission instanceof Admission.Replayed replayed) {
      ReplayedCall.answer(call, replayed);
    } else {
      throw new IllegalStateException("an admission was pending twice");
    }
    return new ServerCall.Listener<>() {};
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private <ReqT, RespT> ServerCall.Listener<ReqT> handle(
      InboundCall admitted,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next,
      Peer peer) {
    Context current = Context.current();
    if (admitted.recorder() != null) {
      current = current.fork(); // the handler finishes also for a caller that has gone
    }
    Context context = bounded(current.withValue(MeshServers.PEER, peer), admitted);
    AdmittedCall<ReqT, RespT> reported = new AdmittedCall<>(call, admitted, context);
    Context before = context.attach();
    try (Scope scope = admitted.context().makeCurrent()) {
      return new AdmittedListener<>(next.startCall(reported, headers), reported, context, admitted);
    } catch (RuntimeException | Error e) {
      reported.broken();
      throw e;
    } finally {
      context.detach(before);
    }
  }

  /** With the engine's deadline where it is sooner than the one gRPC knows. */
  private Context bounded(Context context, InboundCall admitted) {
    long deadline = admitted.deadlineNanos();
    if (deadline == Long.MAX_VALUE) {
      return context;
    }
    long left = Math.max(0, deadline - clock.nanoTime());
    Deadline known = context.getDeadline();
    if (known != null && known.timeRemaining(TimeUnit.NANOSECONDS) <= left + 1_000_000) {
      return context;
    }
    return context.withDeadlineAfter(left, TimeUnit.NANOSECONDS, Timers.SHARED);
  }
}

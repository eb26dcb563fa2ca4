package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.MeshException;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallTransport;
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.Shadow;
import io.inmesh.control.Cancellable;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call of an application, carried over the mesh: it turns what the application does into
 * attempts as the engine decides.
 *
 * <p>The engine's context is {@link #serial}: the application's methods, timers and gRPC's
 * callbacks enter it for the moment they need it. The application's listener never runs inside, so
 * it may block or call back as it likes. Before a response is chosen, the request is kept for
 * another attempt: all of it for calls with one request message, else only until something was
 * written.
 */
final class MeshCall<ReqT, RespT> extends ClientCall<ReqT, RespT>
    implements CallTransport, Context.CancellationListener {
  /** How far two ends' timers for the same deadline may be apart. */
  private static final long TIMER_SLACK_NANOS = 5_000_000;

  final SerialContext serial = new SerialContext();

  final Invocation<ReqT, RespT> invoked;
  private @Nullable Listener<RespT> listener;
  private @Nullable GrpcRequestHead head;
  private @Nullable OutboundCall call;

  // Written in the serial context.
  private final OutgoingRequest<ReqT, RespT> request;
  private volatile @Nullable AttemptStream<ReqT, RespT> delivered;
  private boolean ended;
  private volatile @Nullable Status override;
  private volatile boolean closed;

  MeshCall(Invocation<ReqT, RespT> invoked) {
    this.invoked = invoked;
    this.request = new OutgoingRequest<>(invoked.channel().replays(), invoked.unaryRequest());
  }

  // ---- the application

  @Override
  public void start(Listener<RespT> listener, Metadata headers) {
    Context context = invoked.context();
    this.listener = context == Context.ROOT ? listener : new ContextListener<>(listener, context);
    CallOptions options = invoked.options();
    MeshChannel channel = invoked.channel();
    String authority = options.getAuthority();
    head =
        new GrpcRequestHead(
            "http",
            authority == null ? channel.authority() : authority,
            invoked.method().getFullMethodName(),
            headers);
    if (context.isCancelled()) {
      ended = true;
      answer(Contexts.statusFromCancelled(context), new Metadata());
      return;
    }
    OutboundCall begun = channel.mesh().outbound().begin(head, invoked.forEngine(), this);
    call = begun;
    Consumer<OutboundCall> observer = options.getOption(MeshChannels.OBSERVER);
    if (observer != null) {
      observer.accept(begun);
    }
    if (serial.tryEnter()) { // always: nobody knows of the call yet
      try {
        begun.start();
      } finally {
        serial.leave();
      }
    }
    if (context != Context.ROOT) {
      context.addListener(this, Runnable::run);
      if (closed) {
        context.removeListener(this);
      }
    }
  }

  @Override
  public void request(int count) {
    AttemptStream<ReqT, RespT> chosen = delivered;
    ClientCall<ReqT, RespT> real = chosen == null ? null : chosen.real();
    if (real != null) {
      real.request(count);
    } else if (serial.tryEnter()) {
      try {
        request.request(count);
      } finally {
        serial.leave();
      }
    } else {
      serial.execute(() -> request.request(count));
    }
  }

  @Override
  public void sendMessage(ReqT message) {
    if (serial.tryEnter()) {
      try {
        send(message);
      } finally {
        serial.leave();
      }
    } else {
      serial.execute(() -> send(message));
    }
  }

  private void send(ReqT message) {
    if (ended) {
      return;
    }
    if (invoked.tooLarge(message)) {
      // Of a stream it holds back, gRPC would notice too late to end the call.
      failLocally(
          Status.RESOURCE_EXHAUSTED.withDescription("a request message exceeds the call's limit"));
      return;
    }
    request.message(message);
    measure();
  }

  /** Keeps the request no longer if it turned out to be too large. */
  void measure() {
    if (invoked.unaryRequest() && delivered == null) {
      AttemptStream<ReqT, RespT> stream = request.newest();
      OutboundCall begun = call;
      if (stream != null && begun != null && !request.sized(stream.framed())) {
        begun.notReplayable();
      }
    }
  }

  @Override
  public void halfClose() {
    if (serial.tryEnter()) {
      try {
        request.end();
      } finally {
        serial.leave();
      }
    } else {
      serial.execute(request::end);
    }
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    serial.execute(() -> request.compress(enabled));
  }

  @Override
  public boolean isReady() {
    AttemptStream<ReqT, RespT> s = request.newest();
    ClientCall<ReqT, RespT> real = s == null ? null : s.real();
    return real != null && real.isReady();
  }

  @Override
  public Attributes getAttributes() {
    AttemptStream<ReqT, RespT> s = request.newest();
    ClientCall<ReqT, RespT> real = s == null ? null : s.real();
    return real == null ? Attributes.EMPTY : real.getAttributes();
  }

  @Override
  public void cancel(@Nullable String why, @Nullable Throwable cause) {
    Status status =
        Status.CANCELLED
            .withDescription(why == null ? "Call cancelled without message" : why)
            .withCause(cause);
    serial.execute(() -> end(status));
  }

  /** The application's gRPC context was cancelled, or its deadline passed. */
  @Override
  public void cancelled(Context context) {
    serial.execute(() -> end(Contexts.statusFromCancelled(context)));
  }

  /** Ends the call from this side. */
  private void end(Status status) {
    if (ended) {
      return;
    }
    ended = true;
    override = status;
    OutboundCall begun = call;
    if (begun != null) {
      begun.cancel();
    }
    AttemptStream<ReqT, RespT> chosen = delivered;
    if (chosen == null) {
      answer(status, new Metadata());
    } else {
      // Its onClose is the application's, after the messages that are on their way.
      chosen.discard("the call was cancelled", status.getCause());
    }
  }

  /** Something of this process failed the call; the engine is told to forget it. */
  void failLocally(Status status) {
    if (!ended) {
      ended = true;
      override = status;
      OutboundCall begun = call;
      if (begun != null) {
        begun.cancel();
      }
      if (delivered == null) {
        answer(status, new Metadata());
      }
    }
  }

  // ---- the engine, in the serial context

  @Override
  public void send(Attempt attempt) {
    if (ended) {
      return;
    }
    AttemptStream<ReqT, RespT> stream = new AttemptStream<>(this, attempt);
    request.add(stream);
    stream.placement.pick();
  }

  @Override
  public void mirror(Shadow shadow) {
    ShadowStream<ReqT, RespT> stream = new ShadowStream<>(this, shadow, head().copy());
    request.add(stream);
    stream.placement.pick();
  }

  @Override
  public void abandon(Attempt attempt) {
    MeshStream<ReqT, RespT> stream =
        attempt instanceof Shadow ? request.shadow(attempt) : request.of(attempt);
    if (stream != null) {
      stream.discard("given up by the mesh", null);
    }
  }

  @Override
  public void deliver(Attempt attempt) {
    AttemptStream<ReqT, RespT> stream = request.of(attempt);
    if (stream != null) {
      delivered = stream;
      request.release();
      stream.deliver();
    }
  }

  @Override
  public void respond(LocalReply reply) {
    finish(GrpcStatuses.of(reply), GrpcStatuses.trailers(reply));
  }

  @Override
  public void fail(MeshException failure) {
    Status status = GrpcStatuses.of(failure);
    if (status.getCode() == Status.Code.UNAVAILABLE && expired()) {
      // The server's timer, which can only reset the stream, may fire before this side's.
      status = Status.DEADLINE_EXCEEDED.withDescription(failure.getMessage()).withCause(failure);
    }
    finish(status, new Metadata());
  }

  private boolean expired() {
    OutboundCall begun = call;
    return begun != null
        && begun.deadlineNanos() != Long.MAX_VALUE
        && begun.deadlineNanos() - invoked.channel().mesh().clock().nanoTime() < TIMER_SLACK_NANOS;
  }

  private void finish(Status status, Metadata trailers) {
    if (ended) {
      return;
    }
    ended = true;
    override = status;
    AttemptStream<ReqT, RespT> chosen = delivered;
    if (chosen == null) {
      answer(status, trailers);
    } else {
      chosen.discard("broken off by the mesh", null);
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    Future<?> timer =
        invoked
            .channel()
            .scheduler()
            .schedule(() -> serial.execute(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
    return () -> timer.cancel(false);
  }

  @Override
  public void execute(Runnable task) {
    serial.execute(task);
  }

  // ---- the streams

  /** Opens the real call of an attempt and gives it what the application has said so far. */
  ClientCall<ReqT, RespT> open(AttemptStream<ReqT, RespT> stream) {
    ClientCall<ReqT, RespT> real = invoked.open(stream, head());
    request.replay(stream, real);
    return real;
  }

  /** The head as the engine has made it; each stream has fields of its own. */
  GrpcRequestHead head() {
    GrpcRequestHead known = head;
    if (known == null) {
      throw new IllegalStateException("not started");
    }
    return known;
  }

  void forget(AttemptStream<ReqT, RespT> stream) {
    request.remove(stream);
  }

  // ---- towards the application

  /** Ends the call for the application; on gRPC's callback thread or in order behind it. */
  void close(Status status, Metadata trailers) {
    closed = true;
    invoked.context().removeListener(this);
    if (serial.tryEnter()) {
      try {
        request.over();
      } finally {
        serial.leave();
      }
    } else {
      serial.execute(request::over);
    }
    Status instead = override;
    if (instead == null) {
      listener().onClose(status, trailers);
    } else {
      listener().onClose(instead, new Metadata());
    }
  }

  /** Ends a call that has no response. */
  private void answer(Status status, Metadata trailers) {
    closed = true;
    invoked.context().removeListener(this);
    request.over();
    run(invoked.executor(), () -> listener().onClose(status, trailers));
  }

  /** Gives the application an event that could not be given in place. */
  void deliver(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException | Error e) {
      cancel("the listener failed", e);
    }
  }

  /** Continues elsewhere, in the serial context. */
  void dispatch(Executor executor, Runnable task) {
    run(executor, () -> serial.execute(task));
  }

  private static void run(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      task.run();
    }
  }

  Listener<RespT> listener() {
    Listener<RespT> known = listener;
    if (known == null) {
      throw new IllegalStateException("not started");
    }
    return known;
  }
}

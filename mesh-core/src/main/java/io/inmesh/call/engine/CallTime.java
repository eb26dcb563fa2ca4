package io.inmesh.call.engine;

import io.inmesh.RequestOptions;
import io.inmesh.call.CallContext;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.control.Cancellable;
import io.opentelemetry.context.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The time a call has: the caller's deadline, its own, the route's; one timer for the soonest. Its
 * own timer task, so that a call allocates little. Confined to the call's serial context.
 */
abstract class CallTime implements Runnable {
  static final long NONE = Long.MAX_VALUE;

  final MeshEngine engine;
  final CallTransport transport;
  final long begun;

  /** When the call must be over because the caller, or the route's stream duration, says so. */
  private long deadline;

  /** When the route's own timeout ends the call. */
  private long routeDeadline = NONE;

  private @Nullable Cancellable timer;

  /** Whether {@link #deadline} is that of the inbound request this call is made for. */
  private final boolean inherited;

  CallTime(
      MeshEngine engine,
      CallTransport transport,
      CallOptions options,
      RequestOptions asked,
      Context context) {
    this.engine = engine;
    this.transport = transport;
    this.begun = engine.clock.nanoTime();
    Duration said = asked.timeout();
    long own = IdleWatch.shorter(options.timeoutNanos(), said == null ? 0 : said.toNanos());
    long ownDeadline = own > 0 ? begun + own : NONE;
    long callers = CallContext.deadlineNanos(context);
    this.inherited = callers < ownDeadline;
    this.deadline = Math.min(ownDeadline, callers);
  }

  /** The timer: the call has run out of time. */
  @Override
  public final void run() {
    timer = null;
    long now = engine.clock.nanoTime();
    boolean callOver = deadline != NONE && deadline - now <= 0;
    timeUp(
        callOver && inherited,
        callOver
            ? (inherited ? "the caller's deadline" : "the call's time limit")
            : "the timeout of the route",
        (now - begun) / 1_000_000);
  }

  /**
   * The call has run out of time.
   *
   * @param caller whether it is the caller's deadline that passed
   * @param what passed, for people
   */
  abstract void timeUp(boolean caller, String what, long afterMillis);

  /** Whether there was no time from the beginning. */
  final boolean late() {
    return deadline != NONE && deadline - begun <= 0;
  }

  /** What the application allows, from the beginning on; 0: no limit. */
  final long allowedNanos() {
    return inherited || deadline == NONE ? 0 : deadline - begun;
  }

  /** The whole call may take this long from its beginning. */
  final void limit(long nanos) {
    if (nanos != NONE) {
      deadline = Math.min(deadline, begun + nanos);
    }
  }

  /** The route's timeout ends the call at a time; {@link #NONE}: it does not. */
  final void routeDeadline(long at) {
    routeDeadline = at;
  }

  final boolean hasRouteDeadline() {
    return routeDeadline != NONE;
  }

  /** Has the timer go off when the time is over. */
  final void armDeadlines() {
    arm(end());
  }

  /** Has the timer go off while nothing is known yet. */
  final void armReadiness() {
    arm(Math.min(deadline, begun + engine.settings.readyTimeout().toNanos()));
  }

  private void arm(long at) {
    disarm();
    if (at != NONE) {
      timer = transport.schedule(Math.max(0, at - engine.clock.nanoTime()), this);
    }
  }

  final void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** When the call ends as it stands now; {@link #NONE}: it does not. */
  final long end() {
    return Math.min(deadline, routeDeadline);
  }

  /** What is left of the call; {@link #NONE}: no limit. */
  final long remainingNanos() {
    long end = end();
    return end == NONE ? end : end - engine.clock.nanoTime();
  }

  final long deadline() {
    return deadline;
  }
}

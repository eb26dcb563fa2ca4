package io.inmesh.call.engine;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass.Meaning;
import io.inmesh.resilience.RetryRules;
import io.inmesh.telemetry.Edge;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call: makes them, takes their reports, and lets {@link Retrying} and {@link
 * Hedging} say whether to make more. Of those in flight one is delivered, the others are given up.
 * Confined to the call's serial context.
 */
abstract class CallAttempts extends CallTime implements OutboundCall {
  /** Where a call is. */
  enum Phase {
    NEW,
    /** For configuration, or for the first endpoint. */
    WAITING,
    FILTERING,
    ATTEMPTING,
    DELIVERED,
    DONE
  }

  final RequestHead head;
  final Context context;
  final RequestOptions asked;
  final boolean replayable;

  /** Whether the whole request is there from the start. */
  private final boolean complete;

  Phase phase = Phase.NEW;
  @Nullable RoutePlan plan;
  @Nullable ClusterRuntime cluster;
  @Nullable Span span;
  @Nullable MeshAttempt last;

  private @Nullable RequestHash hash;

  @Nullable Retrying retrying;
  private @Nullable Hedging hedging;
  private boolean bodyConsumed;
  private boolean requestEnded;

  /** Whether the request, though it was to be kept, can be sent no more. */
  private boolean requestLost;

  CallAttempts(
      MeshEngine engine,
      RequestHead head,
      CallOptions options,
      RequestOptions asked,
      CallTransport transport,
      Context context) {
    super(engine, transport, options, asked, context);
    this.head = head;
    this.asked = asked;
    this.replayable = options.replayable();
    this.complete = options.complete();
    this.context = context;
  }

  /** The call has failed. */
  abstract void fail(Reason reason, String message, @Nullable Throwable cause);

  /** The call is over, with what was delivered. */
  abstract void over(int httpStatus, int grpcStatus, @Nullable Reason reason);

  /** The response goes to the application next. */
  abstract void responding(ResponseHead response);

  /** Chooses anew among the newest endpoints, and tries. */
  abstract void lookAgain();

  final void firstAttempt() {
    ClusterRuntime to = cluster();
    long now = engine.clock.nanoTime();
    to.retries.request(now);
    hedging = Hedging.of(this);
    attempt(MeshAttempt.Kind.FIRST, now);
    if (hedging != null && phase == Phase.ATTEMPTING) {
      hedging.arm();
    }
  }

  void attempt(MeshAttempt.Kind kind) {
    attempt(kind, engine.clock.nanoTime());
  }

  private void attempt(MeshAttempt.Kind kind, long now) {
    phase = Phase.ATTEMPTING;
    MeshAttempt attempt = new MeshAttempt(this, cluster(), last, kind, now);
    last = attempt;
    if (requestComplete()) {
      attempt.armPerTry();
    }
    transport.send(attempt);
    attempt.later();
  }

  /** Whether attempts may still be made. */
  boolean attempting() {
    return phase == Phase.ATTEMPTING;
  }

  /** Whether what attempts report still matters. */
  boolean live() {
    return phase == Phase.ATTEMPTING || phase == Phase.DELIVERED;
  }

  /** Whether another attempt may still answer, or is going to be made. */
  private boolean goesOn() {
    return (retrying != null && retrying.waiting())
        || (last != null && AttemptHistory.inFlight(last));
  }

  private Retrying retrying() {
    Retrying known = retrying;
    if (known == null) {
      known = new Retrying(this);
      retrying = known;
    }
    return known;
  }

  // ---- what attempts report ----

  void sent() {
    if (!bodyConsumed) {
      bodyConsumed = true;
      if (!requestComplete() && hasRouteDeadline()) {
        // Uploading is not what the route's timeout measures.
        routeDeadline(NONE);
        armDeadlines();
      }
    }
  }

  void requestEnd(MeshAttempt attempt) {
    if (requestEnded) {
      return;
    }
    requestEnded = true;
    if (!complete) {
      long timeout = plan().limits.timeoutNanos();
      if (timeout > 0) {
        routeDeadline(engine.clock.nanoTime() + timeout);
        armDeadlines();
      }
      attempt.armPerTry();
    }
  }

  void responded(MeshAttempt attempt, ResponseHead response) {
    if (phase == Phase.DELIVERED) {
      return;
    }
    RoutePlan route = plan();
    boolean again = retrying != null && retrying.unproven(attempt, response);
    if (again || route.wantsAgain(head, response)) {
      again = again || retrying().response(attempt, response);
      if (again || goesOn()) {
        attempt.superseded(Outcomes.text(response.status(), response.grpcStatus()), null);
        transport.abandon(attempt);
        return;
      }
    }
    deliver(attempt, response);
  }

  private void deliver(MeshAttempt attempt, ResponseHead response) {
    phase = Phase.DELIVERED;
    attempt.win();
    stopTrying();
    if (retrying != null && plan().success.failed(response.status(), response.grpcStatus())) {
      retrying.inVain();
    }
    if (attempt.previous() != null || last != attempt) {
      AttemptHistory.giveUp(last, attempt, transport, "another attempt answered", null);
    }
    if (hedging != null) {
      hedging.answered(attempt);
    }
    responding(response);
    if (hash != null) {
      hash.setCookies(response.headers());
      Session session = hash.session();
      Endpoint by = attempt.picked();
      if (session != null && by != null) {
        session.answered(by, response.headers(), engine.epochSeconds());
      }
    }
    transport.deliver(attempt);
  }

  void ended(int grpcStatus) {
    int status = status();
    if (retrying != null) {
      retrying.over(!plan().success.failed(status, grpcStatus));
    }
    over(status, grpcStatus, null);
  }

  void failed(MeshAttempt attempt, Failure failure, @Nullable Throwable cause) {
    Reason reason = Outcomes.reason(failure);
    String text = Outcomes.text(failure, cause);
    if (phase == Phase.DELIVERED) {
      fail(reason, "the response broke off: " + text, cause);
      return;
    }
    if (attempt.kind == MeshAttempt.Kind.HEDGE && attempt.picked() == null && goesOn()) {
      return; // there is no other host
    }
    if (failure == Failure.CONNECT
        && asked.waitForReady()
        && !bodyConsumed
        && !requestLost
        && !goesOn()) {
      retrying().waitForConnection();
      return;
    }
    RetryRules rules = plan().retry;
    if (rules.failure(failure, head.kind())) {
      boolean atOnce = failure.unprocessed() && !rules.configuredFor(failure);
      if (retrying().failure(attempt, failure.unprocessed(), atOnce)) {
        return;
      }
    }
    if (!goesOn()) {
      failAfterAttempts(reason, text, cause);
    }
  }

  void perTryTimedOut(MeshAttempt attempt) {
    RoutePlan route = plan();
    if (route.hedge != null && route.hedge.onPerTryTimeout()) {
      // It stays in the race; errors do not count once others have joined it. Its host is late.
      attempt.tellLate();
      retrying().failure(attempt, !bodyConsumed, false);
      return;
    }
    attempt.superseded("timed out", Reason.TIMEOUT);
    transport.abandon(attempt);
    tryAgain(
        attempt, route.retry.perTryTimeout(head.kind()), Reason.TIMEOUT, "the attempt timed out");
  }

  void idle(MeshAttempt attempt) {
    attempt.superseded("idle", Reason.IDLE_TIMEOUT);
    transport.abandon(attempt);
    RetryRules rules = plan().retry;
    tryAgain(
        attempt,
        rules.perTryIdleNanos() > 0 && rules.perTryTimeout(head.kind()),
        Reason.IDLE_TIMEOUT,
        "nothing was sent or received for too long");
  }

  private void tryAgain(MeshAttempt attempt, boolean wanted, Reason reason, String message) {
    if (phase == Phase.DELIVERED) {
      fail(reason, message, null);
      return;
    }
    boolean again = wanted && retrying().failure(attempt, !bodyConsumed, false);
    if (!again && !goesOn()) {
      failAfterAttempts(reason, message, null);
    }
  }

  void refused(Reason reason, String message) {
    if (!goesOn()) {
      failAfterAttempts(reason, message, null);
    }
  }

  // ---- facts for those who decide ----

  /** The inbound request this call is made for; null: none. */
  final @Nullable MeshInboundCall inbound() {
    return MeshInboundCall.of(context);
  }

  /** The HTTP status that was delivered; 0: none was. */
  final int status() {
    MeshAttempt winner = AttemptHistory.winner(last);
    return winner == null ? 0 : winner.status();
  }

  /**
   * When the call ended, if its response did just now; the clock is looked at as little as can be.
   */
  final long endNanos() {
    MeshAttempt winner = AttemptHistory.winner(last);
    return winner != null && winner.over() ? winner.endedAt() : engine.clock.nanoTime();
  }

  RoutePlan plan() {
    return Objects.requireNonNull(plan);
  }

  ClusterRuntime cluster() {
    return Objects.requireNonNull(cluster);
  }

  /** What balancers hash, made once. */
  RequestHash hash() {
    RequestHash known = hash;
    if (known == null) {
      known = plan().hasher.hash(head, engine.self, engine.random);
      hash = known;
    }
    return known;
  }

  /** The session it is part of; null: it does not stick to an endpoint. */
  final @Nullable Session session() {
    RequestHash known = hash;
    return known == null ? null : known.session();
  }

  final void session(@Nullable Session joined) {
    hash = hash().with(joined);
  }

  /** The newest attempt. */
  @Nullable MeshAttempt last() {
    return last;
  }

  /** Whether the request can be sent (again). */
  boolean sendable() {
    return !requestLost && (replayable || !bodyConsumed);
  }

  /** Whether it is the server's turn. */
  final boolean requestComplete() {
    return complete || requestEnded;
  }

  /** What is counted from the end of the request is not told before it has ended. */
  @Override
  public final long deadlineNanos() {
    return requestComplete() ? end() : deadline();
  }

  @Override
  public final void notReplayable() {
    requestLost = true;
  }

  private void failAfterAttempts(Reason reason, String message, @Nullable Throwable cause) {
    boolean exhausted = retrying != null && retrying.exhausted();
    fail(
        exhausted ? Reason.RETRIES_EXHAUSTED : reason,
        exhausted ? "retries are used up; last: " + message : message,
        cause);
  }

  /** No further attempt is wanted. */
  final void stopTrying() {
    if (retrying != null) {
      retrying.stop();
    }
    if (hedging != null) {
      hedging.stop();
    }
  }

  /** What an operator says about how the call ended. */
  final Meaning meaning(int status, int grpcStatus) {
    return plan == null ? Meaning.USUAL : plan.success.meaning(status, grpcStatus);
  }

  /** How metrics see where the call went. */
  Edge edge() {
    ClusterRuntime to = cluster;
    if (to == null) {
      return engine.metrics.toNowhere();
    }
    MeshAttempt attempt = decisive();
    return to.edge(attempt == null ? null : attempt.host);
  }

  /** Where the call went: who answered, or was tried last; null: it went nowhere. */
  final @Nullable Endpoint endpoint() {
    MeshAttempt attempt = decisive();
    return attempt == null ? null : attempt.picked();
  }

  private @Nullable MeshAttempt decisive() {
    MeshAttempt winner = AttemptHistory.winner(last);
    return winner == null ? last : winner;
  }

  /** Gives up what is in flight. */
  final void giveUp(String why, Reason reason) {
    AttemptHistory.giveUp(last, null, transport, why, reason);
  }

  @Override
  public final List<AttemptRecord> attempts() {
    return AttemptHistory.of(last);
  }
}

package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Host;
import io.inmesh.balance.KeyClock;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.resilience.ClusterLoad;
import io.inmesh.resilience.RetryRules;
import io.opentelemetry.api.trace.Span;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One try of a {@link MeshCall}. Confined to the call's serial context. */
final class MeshAttempt extends EndpointTry {
  /** Why it is made. */
  enum Kind {
    FIRST,
    /** After one that failed; holds one of the cluster's retry permits. */
    RETRY,
    /** Beside one that has not answered; holds a permit, too. */
    HEDGE
  }

  /** How many attempts are remembered, about. */
  private static final int HISTORY = 16;

  final Kind kind;
  private final int number;
  private @Nullable MeshAttempt previous;
  private final @Nullable Span span;
  private @Nullable AttemptTimers timers;
  private final long started;

  // Narrow, as there is one for each call.
  private short status;
  private byte grpc = ResponseHead.NO_GRPC_STATUS;
  private boolean over;
  private boolean headSeen;

  /** Whether its response goes to the application. */
  private boolean won;

  /** How it failed or why it was given up. */
  private @Nullable AttemptOutcome failure;

  MeshAttempt(
      CallAttempts call,
      ClusterRuntime cluster,
      @Nullable MeshAttempt previous,
      Kind kind,
      long now) {
    super(call, cluster, now);
    this.number = previous == null ? 1 : previous.number + 1;
    this.previous = previous;
    this.kind = kind;
    if (previous != null && number % HISTORY == 0) {
      // A call that waits for ever must not remember for ever.
      previous.previous = null;
    }
    this.started = now;
    this.span =
        call.engine.spans.attempt(call.span, call.context, call.head, cluster.model.name(), number);
  }

  // ---- picking ----

  @Override
  ClusterLoad load() {
    return cluster.load(call.plan().highPriority);
  }

  @Override
  CircuitBreakers.Limits limits() {
    return cluster.limits(call.plan().highPriority);
  }

  @Override
  boolean closed() {
    return over || !call.live();
  }

  @Override
  boolean answered() {
    return headSeen;
  }

  @Override
  public Pick pick(Usable candidates) {
    Pick pick = super.pick(candidates);
    if (span != null && pick == Pick.PICKED) {
      InetSocketAddress address = endpoint().address();
      call.engine.spans.target(span, address.getHostString(), address.getPort());
    }
    return pick;
  }

  @Override
  @Nullable SpiffeId requiredPeer() {
    return call.asked.requiredPeer();
  }

  @Override
  boolean connectsAhead() {
    return call.head.kind() == RequestHead.Kind.GRPC;
  }

  @Override
  @Nullable EndpointState pinned() {
    Retrying retrying = call.retrying;
    return retrying == null ? null : retrying.pinned();
  }

  /** Retries and hedges go elsewhere, unless only that endpoint will do. */
  @Override
  @Nullable Session session() {
    Session session = call.session();
    return session != null && (kind == Kind.FIRST || session.strict()) ? session : null;
  }

  @Override
  boolean particular() {
    RetryRules rules = call.plan().retry;
    return previous != null && (rules.avoidPreviousHosts() || rules.particular());
  }

  @Override
  boolean tried(Host candidate) {
    if (previous == null) {
      return false;
    }
    RetryRules rules = call.plan().retry;
    return rules.avoids(candidate.endpoint())
        || (rules.avoidPreviousHosts() && triedHost(candidate))
        || (rules.priorityFrequency() > 0 && triedPriority(candidate, rules.priorityFrequency()));
  }

  @Override
  boolean elsewhere() {
    int frequency = call.plan().retry.priorityFrequency();
    return frequency > 0 && number > frequency;
  }

  /** A hedge makes sense on another host only. */
  @Override
  boolean barred(Host candidate) {
    return kind == Kind.HEDGE && AttemptHistory.at(previous, candidate);
  }

  private boolean triedHost(Host candidate) {
    for (MeshAttempt earlier = previous; earlier != null; earlier = earlier.previous) {
      if (earlier.host != null && earlier.host.state() == candidate.state()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a priority was tried up to the last multiple of the frequency. */
  private boolean triedPriority(Host candidate, int frequency) {
    int counted = (number - 1) / frequency * frequency;
    for (MeshAttempt earlier = previous; earlier != null; earlier = earlier.previous) {
      if (earlier.number <= counted
          && earlier.host != null
          && earlier.host.priority() == candidate.priority()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean hashed() {
    return call.hash().present();
  }

  @Override
  public long hash() {
    return call.hash().value();
  }

  @Override
  void refuse(Reason why, String message) {
    finish(message, why);
    call.refused(why, message);
  }

  // ---- what the transport reports ----

  @Override
  public void decorate(RequestHead head) {
    Span traced = span == null ? call.span : span;
    call.engine.propagation.inject(
        traced == null ? call.context : call.context.with(traced), head.headers());
    AttemptHeaders.write(head, cluster, call, number);
  }

  @Override
  public void sent() {
    if (over) {
      return;
    }
    waitedEnough();
    call.sent();
    if (!over) {
      RoutePlan plan = call.plan();
      long nanos = IdleWatch.shorter(plan.limits.idleNanos(), plan.retry.perTryIdleNanos());
      if (nanos > 0) {
        timers().watch(nanos);
      }
    }
  }

  @Override
  public void requestEnd() {
    if (!over) {
      call.requestEnd(this);
    }
  }

  @Override
  public void head(ResponseHead response) {
    if (over || headSeen || !call.live()) {
      return;
    }
    progress();
    headSeen = true;
    tellHead(call.head.kind(), response);
    if (call.plan().idempotencyKeys && cluster.inMesh && host != null) {
      readKeyClock(response, host.state());
    }
    status = (short) response.status();
    grpc = (byte) response.grpcStatus(); // of a head that is the end, too
    if (timers != null) {
      timers.headSeen();
    }
    call.responded(this, response);
  }

  private void readKeyClock(ResponseHead response, EndpointState of) {
    KeyClock clock = KeyClock.parse(response.headers().get(MeshHeaders.KEY_CLOCK), now());
    if (clock != null) {
      of.keyClock(clock);
    }
  }

  @Override
  public void progress() {
    if (timers != null) {
      timers.progress();
    }
    if (headSeen) {
      tellMessage();
    }
  }

  @Override
  public void end(int grpcStatus, @Nullable Headers trailers) {
    if (over) {
      return;
    }
    if (!headSeen) {
      failed(Failure.PROTOCOL, null);
      return;
    }
    tellEnd(grpcStatus, trailers);
    grpc = (byte) grpcStatus;
    finish(null, null);
    if (call.live()) {
      call.ended(grpcStatus);
    }
  }

  @Override
  public void failed(Failure failure, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    tellFailed(failure);
    finish(Outcomes.text(failure, cause), Outcomes.reason(failure));
    if (call.live()) {
      call.failed(this, failure, cause);
    }
  }

  /** The call goes on, or ends, without it; false if it was over already. */
  boolean superseded(String what, @Nullable Reason why) {
    if (over) {
      return false;
    }
    if (why == Reason.IDLE_TIMEOUT || (why == Reason.TIMEOUT && call.requestComplete())) {
      tellLate();
    }
    finish(what, why);
    return true;
  }

  // ---- time ----

  void armPerTry() {
    long nanos = call.plan().retry.perTryNanos();
    if (nanos > 0 && !over && !headSeen) {
      timers().limit(nanos);
    }
  }

  private AttemptTimers timers() {
    AttemptTimers known = timers;
    if (known == null) {
      known = new AttemptTimers(this, call);
      timers = known;
    }
    return known;
  }

  private void finish(@Nullable String what, @Nullable Reason why) {
    over = true;
    // The host is still known: later attempts avoid it, and metrics name it.
    release();
    endedAt(now());
    if (what != null) {
      failure = outcome(what, why);
    }
    if (timers != null) {
      timers.cancel();
    }
    if (kind != Kind.FIRST) {
      cluster.retryOver(call.plan().highPriority);
    }
    call.engine.spans.end(span, status, grpc, why, false);
  }

  // ---- facts ----

  /** Whether its answer is still to come. */
  boolean mayAnswer() {
    return !over && !headSeen;
  }

  boolean over() {
    return over;
  }

  void win() {
    won = true;
  }

  boolean won() {
    return won;
  }

  /** The HTTP status of its response; 0: there is none. */
  int status() {
    return status;
  }

  long started() {
    return started;
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public OutboundCall call() {
    return call;
  }

  @Nullable MeshAttempt previous() {
    return previous;
  }

  /** How it stands now, or ended. */
  AttemptOutcome outcome() {
    return failure != null ? failure : outcome(null, null);
  }

  private AttemptOutcome outcome(@Nullable String what, @Nullable Reason why) {
    long until = over ? endedAt() : now();
    return new AttemptOutcome(number, picked(), what, why, status, grpc, until - started);
  }
}

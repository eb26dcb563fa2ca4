package io.inmesh.call.engine;

import io.inmesh.control.Cancellable;
import io.inmesh.resilience.HedgeRules;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The hedges of one call: after a delay without answer another attempt joins those in flight, on
 * another host. Exists only for calls that may be hedged. Confined to the call's serial context.
 */
final class Hedging implements Runnable {
  /** How often, at most, to see whether an attempt that waits for a connection has its host. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final CallAttempts call;
  private final HedgeRules rules;
  private final long delayNanos;
  private int inAll = 1;
  private @Nullable Cancellable timer;

  private Hedging(CallAttempts call, HedgeRules rules, long delayNanos) {
    this.call = call;
    this.rules = rules;
    this.delayNanos = delayNanos;
  }

  /** For a call that is about to make its first attempt; null: there is no hedging by time. */
  static @Nullable Hedging of(CallAttempts call) {
    HedgeRules rules = call.plan().hedge;
    Duration said = call.asked.hedgeAfter();
    if (rules == null && said == null) {
      return null;
    }
    MeshInboundCall inbound = call.inbound();
    Session session = call.session();
    if (!call.replayable
        || !(Idempotency.of(call.asked, call.head) || call.plan().retry.nonIdempotentAllowed())
        || (inbound != null && inbound.attempt() > 1)
        || (session != null && session.strict())) {
      return null;
    }
    HedgeRules effective = rules == null ? call.cluster().hedges : rules;
    effective.call(call.engine.clock.nanoTime());
    long delay = said == null ? effective.delayNanos() : said.toNanos();
    return delay > 0 || effective.measures() ? new Hedging(call, effective, delay) : null;
  }

  /** Begins to wait. */
  void arm() {
    arm(delayNanos);
  }

  private void arm(long nanos) {
    if (nanos > 0 && timer == null && inAll < rules.maxAttempts()) {
      timer = call.transport.schedule(nanos, this);
    }
  }

  @Override
  public void run() {
    timer = null;
    if (!call.attempting() || !call.sendable()) {
      return;
    }
    MeshAttempt newest = call.last();
    if (newest != null && newest.mayAnswer() && newest.picked() == null) {
      // It still looks for a host, and another would do no better.
      arm(Math.max(delayNanos, LOOK_NANOS));
      return;
    }
    ClusterRuntime to = call.cluster();
    if (!to.balancer().offers(host -> host.state().open() && !AttemptHistory.at(newest, host))) {
      return;
    }
    long now = call.engine.clock.nanoTime();
    if (!rules.mayHedge(now) || !to.tryRetry(call.plan().highPriority, false, now)) {
      call.engine.metrics.hedgeOverBudget(call.edge());
      return;
    }
    rules.hedged(now);
    call.engine.metrics.hedgeSent(call.edge());
    inAll++;
    call.attempt(MeshAttempt.Kind.HEDGE);
    if (call.attempting()) {
      arm();
    }
  }

  /** An attempt was delivered. */
  void answered(MeshAttempt attempt) {
    long now = call.engine.clock.nanoTime();
    rules.answered(now - attempt.started(), now);
    if (attempt.kind == MeshAttempt.Kind.HEDGE) {
      call.engine.metrics.hedgeWon(call.edge());
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}

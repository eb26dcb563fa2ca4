package io.inmesh.resilience;

import io.inmesh.model.HedgePolicy;
import io.inmesh.model.RetryRatio;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A compiled {@link HedgePolicy} with its budget and, for percentiles, the route's latencies. */
public final class HedgeRules {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final HedgePolicy policy;
  private final long fixedNanos;
  private final @Nullable LatencyWindow latencies;
  private final RatioBudget budget;

  /** Compiles. */
  public HedgeRules(HedgePolicy policy) {
    this.policy = policy;
    this.fixedNanos = policy.delay() == null ? 0 : policy.delay().toNanos();
    this.latencies = policy.percentile() > 0 ? new LatencyWindow(policy.percentile()) : null;
    this.budget = new RatioBudget(new RetryRatio(policy.budgetPercent(), WINDOW, 1, WINDOW));
  }

  /** How many attempts one call may have by hedging, the first included. */
  public int maxAttempts() {
    return policy.maxAttempts();
  }

  /** Whether an attempt's own timeout lets another join instead of ending it. */
  public boolean onPerTryTimeout() {
    return policy.onPerTryTimeout();
  }

  /** Whether it needs to know latencies. */
  public boolean measures() {
    return latencies != null;
  }

  /** How long to wait before a hedge, in nanoseconds; 0: none for now. */
  public long delayNanos() {
    long measured = latencies == null ? 0 : latencies.nanos();
    return measured > 0 ? measured : fixedNanos;
  }

  /** A call that may be hedged began. */
  public void call(long nowNanos) {
    budget.request(nowNanos);
  }

  /** Whether there is a hedge left to spend. */
  public boolean mayHedge(long nowNanos) {
    return budget.mayRetry(nowNanos);
  }

  /** Spends a hedge. */
  public void hedged(long nowNanos) {
    budget.retried(nowNanos);
  }

  /** An attempt answered. */
  public void answered(long latencyNanos, long nowNanos) {
    if (latencies != null) {
      latencies.record(latencyNanos, nowNanos);
    }
  }
}

package io.inmesh.resilience;

import io.inmesh.control.SlidingCounts;
import io.inmesh.model.RetryRatio;

/** A {@link RetryRatio} at work: requests and retries over its window. Thread-safe, lock-free. */
public final class RatioBudget {
  private final RetryRatio ratio;
  private final double floor;
  private final SlidingCounts counts;

  /** A budget nothing was spent of. */
  public RatioBudget(RetryRatio ratio) {
    this.ratio = ratio;
    this.counts = new SlidingCounts(ratio.interval().toNanos());
    this.floor =
        (double) ratio.minCount()
            * ratio.interval().toNanos()
            / Math.max(1, ratio.minInterval().toNanos());
  }

  /** What it was made of. */
  public RetryRatio ratio() {
    return ratio;
  }

  /** A request, not a retry, was begun. */
  public void request(long nowNanos) {
    counts.all(nowNanos);
  }

  /** Whether there is a retry left to spend. */
  public boolean mayRetry(long nowNanos) {
    double allowed = Math.max(floor, counts.countAll(nowNanos) * ratio.percent() / 100);
    return counts.countSome(nowNanos) + 1 <= allowed;
  }

  /** Spends a retry. */
  public void retried(long nowNanos) {
    counts.some(nowNanos);
  }

  /** Spends a retry; false: there is none left. */
  public boolean tryRetry(long nowNanos) {
    boolean left = mayRetry(nowNanos);
    if (left) {
      retried(nowNanos);
    }
    return left;
  }
}

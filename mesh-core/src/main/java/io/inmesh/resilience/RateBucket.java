package io.inmesh.resilience;

import io.inmesh.model.TokenBucket;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A {@link TokenBucket} at work, as Envoy computes it: tokens come evenly over time, and all that
 * is stored is the moment at which the bucket would have been empty. Thread-safe, lock-free.
 */
public final class RateBucket {
  private final int max;
  private final double nanosPerToken;
  private final AtomicLong emptyAt;

  /** A full bucket. */
  public RateBucket(TokenBucket bucket, long nowNanos) {
    this.max = bucket.maxTokens();
    this.nanosPerToken = (double) bucket.fillInterval().toNanos() / bucket.tokensPerFill();
    this.emptyAt = new AtomicLong(nowNanos - (long) Math.ceil(max * nanosPerToken));
  }

  /** Takes a token; false: there is none. */
  public boolean tryTake(long nowNanos) {
    while (true) {
      long empty = emptyAt.get();
      double tokens = tokens(nowNanos - empty);
      if (tokens < 1) {
        return false;
      }
      // Rounded up: what truncation takes away would add up to a token.
      long next = nowNanos - (long) Math.ceil((tokens - 1) * nanosPerToken);
      if (emptyAt.compareAndSet(empty, next)) {
        return true;
      }
    }
  }

  private double tokens(long nanos) {
    return Math.min(max, nanos / nanosPerToken);
  }

  /** The most tokens it can hold. */
  public int limit() {
    return max;
  }

  /** How many whole tokens there are. */
  public int remaining(long nowNanos) {
    return (int) Math.max(0, tokens(nowNanos - emptyAt.get()));
  }

  /** Whole seconds, rounded up, until there is a token again; 0: there is one. */
  public long secondsToNext(long nowNanos) {
    double missing = 1 - tokens(nowNanos - emptyAt.get());
    return missing <= 0 ? 0 : (long) Math.ceil(missing * nanosPerToken / 1e9);
  }
}

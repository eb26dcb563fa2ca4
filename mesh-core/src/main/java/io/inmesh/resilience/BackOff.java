package io.inmesh.resilience;

import io.inmesh.control.Randomness;
import java.time.Duration;

/**
 * Fully jittered exponential back-off: before retry n, uniform in [0, min(base·(2^n − 1), max)), to
 * which a least wait may be added.
 *
 * @param baseNanos first interval
 * @param maxNanos largest interval
 * @param leastNanos waited in any case; 0 with Envoy, the wait that is configured in Gateway API
 */
public record BackOff(long baseNanos, long maxNanos, long leastNanos) {
  /** 25 ms to 250 ms. */
  public static final BackOff DEFAULT = new BackOff(25_000_000L, 250_000_000L, 0);

  /** From durations; a max below base is taken as base. */
  public static BackOff of(Duration base, Duration max) {
    long baseNanos = Math.max(1, base.toNanos());
    return new BackOff(baseNanos, Math.max(baseNanos, max.toNanos()), 0);
  }

  /** The same, but always so long. */
  public BackOff atLeast(Duration least) {
    return new BackOff(baseNanos, maxNanos, least.toNanos());
  }

  /** Nanoseconds to wait before a retry, counted from 1. */
  public long delayNanos(int retry, Randomness random) {
    return leastNanos + (long) (random.nextDouble() * boundNanos(retry));
  }

  /** What the random part of the wait before a retry, counted from 1, stays below. */
  public long boundNanos(int retry) {
    // 2^40 times any base exceeds any sensible max, and shifting further would overflow.
    long factor = (1L << Math.min(Math.max(retry, 1), 40)) - 1;
    return factor > maxNanos / baseNanos ? maxNanos : Math.min(baseNanos * factor, maxNanos);
  }
}

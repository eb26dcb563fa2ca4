package io.inmesh.wire;

import io.inmesh.control.Randomness;

/**
 * Growing, jittered pauses between attempts: each is uniform in the upper half of an exponentially
 * growing interval. Confined to one thread.
 */
public final class Backoff {
  private static final double GROWTH = 1.6;

  private final long initialNanos;
  private final long maxNanos;
  private final Randomness random;
  private double interval;

  /**
   * A sequence that has not begun.
   *
   * @param initialNanos the first interval
   * @param maxNanos the largest interval
   */
  public Backoff(long initialNanos, long maxNanos, Randomness random) {
    this.initialNanos = initialNanos;
    this.maxNanos = maxNanos;
    this.random = random;
    interval = initialNanos;
  }

  /** The next pause in nanoseconds. */
  public long nextNanos() {
    double current = interval;
    interval = Math.min((double) maxNanos, interval * GROWTH);
    return (long) (current * (0.5 + 0.5 * random.nextDouble()));
  }

  /** Begins again with the first interval. */
  public void reset() {
    interval = initialNanos;
  }
}

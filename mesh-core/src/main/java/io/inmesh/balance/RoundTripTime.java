package io.inmesh.balance;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The response time of one host as Finagle and Linkerd estimate it: a slower response counts at
 * once, faster ones bring the estimate down with a time constant, and so does silence, so that a
 * host which was slow is tried again. Thread-safe, lock-free: the estimate (a float, nanoseconds)
 * and the time it is of (units of about a millisecond) share one word.
 */
public final class RoundTripTime {
  private static final int TICK_BITS = 20;

  private final AtomicLong cell = new AtomicLong();

  /**
   * A response took so long.
   *
   * @param decayNanos the time constant
   */
  public void add(long sampleNanos, long nowNanos, double decayNanos) {
    float sample = Math.max(1, sampleNanos);
    long before;
    long after;
    do {
      before = cell.get();
      float known = nanos(before);
      float next = sample;
      if (sample < known) {
        double kept = kept(before, nowNanos, decayNanos);
        next = (float) (known * kept + sample * (1 - kept));
      }
      after = pack(next, nowNanos);
    } while (!cell.compareAndSet(before, after));
  }

  /**
   * How long the next response is expected to take.
   *
   * @param unknownNanos what is expected of a host that has not answered yet
   */
  public double estimate(long nowNanos, double decayNanos, double unknownNanos) {
    long known = cell.get();
    return known == 0 ? unknownNanos : nanos(known) * kept(known, nowNanos, decayNanos);
  }

  private static double kept(long cell, long nowNanos, double decayNanos) {
    int ticks = (int) (nowNanos >> TICK_BITS) - (int) (cell >>> 32);
    return ticks <= 0 ? 1 : Math.exp(-((double) ticks * (1 << TICK_BITS)) / decayNanos);
  }

  private static float nanos(long cell) {
    return Float.intBitsToFloat((int) cell);
  }

  private static long pack(float nanos, long nowNanos) {
    return (nowNanos >> TICK_BITS) << 32 | (Float.floatToRawIntBits(nanos) & 0xFFFF_FFFFL);
  }
}

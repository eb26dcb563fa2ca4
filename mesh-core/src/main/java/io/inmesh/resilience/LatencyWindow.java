package io.inmesh.resilience;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A percentile of recent latencies: those of the last full window of ten seconds, in buckets that
 * are about 9 % wide. Thread-safe, lock-free; samples that race with the change of windows may be
 * counted in either.
 */
public final class LatencyWindow {
  /** Fewer samples in a window say nothing about a percentile. */
  static final int ENOUGH = 100;

  private static final long WINDOW_NANOS = 10_000_000_000L;
  private static final int STEPS = 8;
  private static final int BUCKETS = 64 * STEPS;

  private final double percentile;
  private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);
  private final AtomicLong until = new AtomicLong(Long.MIN_VALUE);
  private volatile long value;

  /** Of a percentile between 0 and 100. */
  public LatencyWindow(double percentile) {
    this.percentile = percentile;
  }

  /** One latency. */
  public void record(long latencyNanos, long nowNanos) {
    long end = until.get();
    if ((end == Long.MIN_VALUE || nowNanos - end >= 0)
        && until.compareAndSet(end, nowNanos + WINDOW_NANOS)
        && end != Long.MIN_VALUE) {
      turn();
    }
    counts.getAndIncrement(bucket(Math.max(1, latencyNanos)));
  }

  /** The percentile in nanoseconds; 0: there were too few samples. */
  public long nanos() {
    return value;
  }

  private void turn() {
    int[] window = new int[BUCKETS];
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      window[i] = counts.getAndSet(i, 0);
      total += window[i];
    }
    if (total < ENOUGH) {
      value = 0;
      return;
    }
    double rank = total * percentile / 100;
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += window[i];
      if (seen >= rank) {
        value = upperBound(i);
        return;
      }
    }
  }

  /** Each power of two is cut into eight equal parts. */
  private static int bucket(long nanos) {
    int power = 63 - Long.numberOfLeadingZeros(nanos);
    int step = power < 3 ? 0 : (int) (nanos >>> (power - 3)) & STEPS - 1;
    return power * STEPS + step;
  }

  private static long upperBound(int bucket) {
    int power = bucket / STEPS;
    long base = 1L << power;
    return power < 3 ? base * 2 - 1 : base + (base / STEPS) * (bucket % STEPS + 1) - 1;
  }
}

package io.inmesh.resilience;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Latencies in buckets that are about 9 % wide: each power of two of nanoseconds is cut into eight
 * equal parts. Thread-safe, lock-free; samples that race with {@link #drain} count before or after.
 */
final class LatencyCounts {
  private static final int STEPS = 8;
  private static final int BUCKETS = 64 * STEPS;

  private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);

  void record(long nanos) {
    counts.getAndIncrement(bucket(Math.max(1, nanos)));
  }

  /**
   * Takes all samples out.
   *
   * @return a percentile of them in nanoseconds; 0: there were fewer than {@code enough}
   */
  long drain(double percentile, int enough) {
    int[] window = new int[BUCKETS];
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      window[i] = counts.getAndSet(i, 0);
      total += window[i];
    }
    if (total == 0 || total < enough) {
      return 0;
    }
    double rank = Math.max(1, total * percentile / 100);
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += window[i];
      if (seen >= rank) {
        return upperBound(i);
      }
    }
    throw new IllegalStateException("a rank beyond all samples");
  }

  private static int bucket(long nanos) {
    int power = 63 - Long.numberOfLeadingZeros(nanos);
    int step = power < 3 ? 0 : (int) (nanos >>> (power - 3)) & (STEPS - 1);
    return power * STEPS + step;
  }

  private static long upperBound(int bucket) {
    int power = bucket / STEPS;
    long base = 1L << power;
    return power < 3 ? base * 2 - 1 : base + (base / STEPS) * (bucket % STEPS + 1) - 1;
  }
}

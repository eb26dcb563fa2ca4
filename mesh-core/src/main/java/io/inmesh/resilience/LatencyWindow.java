package io.inmesh.resilience;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A percentile of recent latencies: those of the last full window of ten seconds. Thread-safe,
 * lock-free.
 */
public final class LatencyWindow {
  /** Fewer samples in a window say nothing about a percentile. */
  static final int ENOUGH = 100;

  private static final long WINDOW_NANOS = 10_000_000_000L;

  private final double percentile;
  private final LatencyCounts counts = new LatencyCounts();
  private final AtomicLong until = new AtomicLong(Long.MIN_VALUE);
  private volatile long value;

  /** Of a percentile between 0 and 100. */
  public LatencyWindow(double percentile) {
    this.percentile = percentile;
  }

  /** One latency. */
  public void record(long latencyNanos, long nowNanos) {
    long end = until.get();
    boolean first = end == Long.MIN_VALUE;
    if ((first || nowNanos - end >= 0)
        && until.compareAndSet(end, nowNanos + WINDOW_NANOS)
        && !first) {
      value = counts.drain(percentile, ENOUGH);
    }
    counts.record(latencyNanos);
  }

  /** The percentile in nanoseconds; 0: there were too few samples. */
  public long nanos() {
    return value;
  }
}

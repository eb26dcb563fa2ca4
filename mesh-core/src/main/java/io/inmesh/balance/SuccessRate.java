package io.inmesh.balance;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts outcomes between two sweeps. {@link #record} is thread-safe, the rest is for the loop. The
 * requests of an interval and the successes among them share a word: one addition counts both, and
 * both are read at the same moment.
 */
final class SuccessRate {
  private static final long REQUEST = 1L << 32;
  private static final long SUCCESS = REQUEST + 1;

  private final AtomicLong counts = new AtomicLong();
  private long volume;
  private double percent;

  void record(boolean success) {
    counts.getAndAdd(success ? SUCCESS : REQUEST);
  }

  /** Closes the interval: what was counted in it can be read until the next call. */
  void roll() {
    long counted = counts.getAndSet(0);
    volume = counted >>> 32;
    percent = volume == 0 ? 0 : (counted & 0xFFFF_FFFFL) * 100.0 / volume;
  }

  /** Requests of the last interval. */
  long volume() {
    return volume;
  }

  /** Successes of the last interval, 0 to 100; meaningless without volume. */
  double percent() {
    return percent;
  }
}

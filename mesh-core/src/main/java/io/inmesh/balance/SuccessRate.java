package io.inmesh.balance;

import java.util.concurrent.atomic.LongAdder;

/** Counts outcomes between two sweeps. {@link #record} is thread-safe, the rest is for the loop. */
final class SuccessRate {
  private final LongAdder total = new LongAdder();
  private final LongAdder successes = new LongAdder();
  private long volume;
  private double percent;

  void record(boolean success) {
    total.increment();
    if (success) {
      successes.increment();
    }
  }

  /** Closes the interval: what was counted in it can be read until the next call. */
  void roll() {
    volume = total.sumThenReset();
    long succeeded = successes.sumThenReset();
    // Counted a moment apart: a success may be seen before its request.
    percent = volume == 0 ? 0 : Math.min(100, succeeded * 100.0 / volume);
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

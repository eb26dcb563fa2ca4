package io.inmesh.balance;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The earliest-deadline-first order of weighted hosts, from a stride scheduler whose only state is
 * a counter: in round {@code r} host {@code i} is served if {@code weight * r} (scaled so that the
 * heaviest is served in every round) passes a multiple of the scale. Immutable.
 */
final class StrideSchedule {
  private static final int SCALE = 0xFFFF;

  private final int size;

  /** Null when all weigh the same. */
  private final int @Nullable [] strides;

  private StrideSchedule(int size, int @Nullable [] strides) {
    this.size = size;
    this.strides = strides;
  }

  static StrideSchedule of(HostSet hosts) {
    double[] weights = new double[hosts.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = hosts.weight(i);
    }
    return of(weights);
  }

  static StrideSchedule of(double[] weights) {
    double heaviest = 0;
    boolean equal = true;
    for (double weight : weights) {
      heaviest = Math.max(heaviest, weight);
      equal &= weight == weights[0];
    }
    if (equal) {
      return new StrideSchedule(weights.length, null);
    }
    int[] strides = new int[weights.length];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = Math.max(1, (int) Math.round(weights[i] * SCALE / heaviest));
    }
    return new StrideSchedule(weights.length, strides);
  }

  /** The position that is served next. */
  int next(AtomicInteger cursor) {
    int[] steps = strides;
    if (steps == null) {
      return advance(cursor) % size;
    }
    while (true) {
      int position = advance(cursor);
      int index = position % size;
      long round = position / size;
      // Offsets spread hosts of equal weight over different rounds.
      long passed = (steps[index] * round + (long) index * (SCALE / 2)) % SCALE;
      if (passed >= SCALE - steps[index]) {
        return index;
      }
    }
  }

  private static int advance(AtomicInteger cursor) {
    return cursor.getAndIncrement() & Integer.MAX_VALUE;
  }
}

package io.inmesh.balance;

import io.inmesh.control.Randomness;
import org.jspecify.annotations.Nullable;

/** Draws positions of a set with probabilities in proportion to weights. Immutable. */
final class WeightedDraw {
  /** Null when all weigh the same. */
  private final double @Nullable [] upTo;

  private final int size;

  WeightedDraw(HostSet hosts) {
    size = hosts.size();
    if (hosts.equalWeights()) {
      upTo = null;
    } else {
      double[] sums = new double[size];
      double sum = 0;
      for (int i = 0; i < size; i++) {
        sum += hosts.weight(i);
        sums[i] = sum;
      }
      upTo = sums;
    }
  }

  int next(Randomness random) {
    if (upTo == null) {
      return random.nextInt(size);
    }
    double point = random.nextDouble() * upTo[size - 1];
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (point < upTo[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}

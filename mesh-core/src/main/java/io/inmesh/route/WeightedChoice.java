package io.inmesh.route;

import io.inmesh.control.Randomness;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Chooses one of several by weight; the sum of the weights is the denominator. Immutable.
 *
 * @param <T> what is chosen
 */
public final class WeightedChoice<T> {
  private final List<T> items;
  private final long[] upTo;
  private final long total;

  /**
   * A choice.
   *
   * @throws IllegalArgumentException if the weights sum to zero or to more than 2^32-1
   */
  public WeightedChoice(List<T> items, ToLongFunction<T> weight) {
    this.items = List.copyOf(items);
    this.upTo = new long[items.size()];
    long sum = 0;
    for (int i = 0; i < upTo.length; i++) {
      sum += weight.applyAsLong(items.get(i));
      upTo[i] = sum;
    }
    this.total = sum;
    if (total <= 0 || total > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException(
          "the weights sum to " + total + "; expected a sum from 1 to 4294967295");
    }
  }

  /** A random one. */
  public T next(Randomness random) {
    if (upTo.length == 1) {
      return items.get(0);
    }
    return at((random.nextLong() >>> 1) % total);
  }

  /** The one at a point from 0 to the sum of weights, exclusive; larger points wrap around. */
  public T at(long point) {
    long at = Long.remainderUnsigned(point, total);
    int i = 0;
    while (at >= upTo[i]) {
      i++;
    }
    return items.get(i);
  }

  /** All, in the order given. */
  public List<T> items() {
    return items;
  }
}

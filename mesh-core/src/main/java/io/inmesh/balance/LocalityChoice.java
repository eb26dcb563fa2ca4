package io.inmesh.balance;

import io.inmesh.control.Randomness;
import org.jspecify.annotations.Nullable;

/**
 * The pickers of one priority and health class: one for each locality, chosen by weight, or a
 * single one over all, or both. Immutable.
 */
final class LocalityChoice {
  /** Nothing to choose from. */
  static final LocalityChoice EMPTY = new LocalityChoice(new EndpointPicker[0], new double[0]);

  private final EndpointPicker[] pickers;
  private final double[] upTo;

  /**
   * A choice.
   *
   * @param pickers of the localities
   * @param weights effective, by locality; the last may be 0: it is turned to when others fail
   */
  LocalityChoice(EndpointPicker[] pickers, double[] weights) {
    this.pickers = pickers;
    this.upTo = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      upTo[i] = sum;
    }
  }

  boolean isEmpty() {
    return pickers.length == 0;
  }

  @Nullable Host pick(PickRequest request, Randomness random) {
    if (pickers.length == 1) {
      return pickers[0].pick(request);
    }
    if (pickers.length == 0) {
      return null;
    }
    int chosen = draw(random);
    for (int i = 0; i < pickers.length; i++) {
      // Another locality only when this one has nobody the request admits.
      int index = chosen + i;
      Host host = pickers[index < pickers.length ? index : index - pickers.length].pick(request);
      if (host != null) {
        return host;
      }
    }
    return null;
  }

  private int draw(Randomness random) {
    double point = random.nextDouble() * upTo[upTo.length - 1];
    for (int i = 0; i < upTo.length - 1; i++) {
      if (point < upTo[i]) {
        return i;
      }
    }
    return upTo.length - 1;
  }
}

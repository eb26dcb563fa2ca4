package io.inmesh.filter;

import io.inmesh.control.Randomness;
import io.inmesh.model.Fraction;

/** Draws shares of requests. */
final class Shares {
  private Shares() {}

  static boolean drawn(Fraction share, Randomness random) {
    return share.numerator() >= share.denominator()
        || (share.numerator() > 0 && random.nextInt(share.denominator()) < share.numerator());
  }
}

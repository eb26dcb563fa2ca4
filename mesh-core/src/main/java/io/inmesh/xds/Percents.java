package io.inmesh.xds;

/** Percentages, which are floating-point numbers and therefore may be anything. */
final class Percents {
  private Percents() {}

  /** From 0 to 100. */
  static double checked(double percent, FieldPath path) throws Rejection {
    if (!(percent >= 0 && percent <= 100)) {
      throw new Rejection(path, "must be from 0 to 100");
    }
    return percent;
  }
}

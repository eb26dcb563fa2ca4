package io.inmesh.model;

/**
 * A share of requests.
 *
 * @param numerator 0 to denominator
 * @param denominator 100, 10,000 or 1,000,000
 */
public record Fraction(int numerator, int denominator) {
  /** Every request. */
  public static final Fraction ALL = new Fraction(100, 100);

  /** No request. */
  public static final Fraction NONE = new Fraction(0, 100);
}

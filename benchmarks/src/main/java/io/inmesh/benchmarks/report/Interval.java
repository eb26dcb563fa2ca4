package io.inmesh.benchmarks.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A median with a distribution-free interval: the order statistics that hold the true median with
 * at least 93 % confidence (with five values their whole range, 93.75 %).
 *
 * @param median of the values
 * @param low end
 * @param high end
 * @param values of how many
 */
public record Interval(double median, double low, double high, int values) {
  private static final double MISS = 0.07;

  /** Of these; without any, all of it is NaN. */
  public static Interval of(List<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Of these; without any, all of it is NaN. */
  public static Interval of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    if (n == 0) {
      return new Interval(Double.NaN, Double.NaN, Double.NaN, 0);
    }
    double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    int cut = 0;
    while (cut + 1 < (n + 1) / 2 && 2 * below(n, cut + 1) <= MISS) {
      cut++;
    }
    return new Interval(median, sorted[cut], sorted[n - 1 - cut], n);
  }

  /** The probability that at most {@code k} of n values are on one side of the median. */
  private static double below(int n, int k) {
    double[] row = new double[n + 1];
    row[0] = Math.pow(0.5, n);
    for (int i = 1; i <= n; i++) {
      row[i] = row[i - 1] * (n - i + 1) / i;
    }
    return Arrays.stream(row, 0, k + 1).sum();
  }

  /** Whether a value lies in it. */
  public boolean holds(double value) {
    return low <= value && value <= high;
  }

  /** As a table has it; the format is that of one number. */
  public String text(String format) {
    return String.format(
        Locale.ROOT, format + " [" + format + ", " + format + "]", median, low, high);
  }
}

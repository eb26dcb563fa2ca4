package io.inmesh.benchmarks.report;

import java.util.Locale;

/**
 * A limit, and what was measured.
 *
 * @param what is limited
 * @param limit at most; NaN: there is none, it is only asked whether two ways differ
 * @param format of one number with its unit
 * @param measured NaN if it was not
 * @param needed values; of fewer nothing is concluded
 * @param source the file of results that says so
 */
public record Target(
    String what, double limit, String format, Interval measured, int needed, String source) {
  /** Whether there is something to say. */
  public boolean known() {
    return !Double.isNaN(measured.median());
  }

  /** Met, not met, or why that is not known. A limit inside the interval is neither. */
  public String verdict() {
    if (!known()) {
      return "not measured";
    }
    if (measured.values() < needed) {
      return "not resolved: " + measured.values() + " of " + needed + " forks";
    }
    if (Double.isNaN(limit)) {
      return measured.holds(format.endsWith("×") ? 1 : 0) ? "no difference resolved" : "differs";
    }
    if (measured.high() <= limit) {
      return "**met**";
    }
    return measured.low() > limit ? "**not met**" : "not resolved";
  }

  /** A line of {@link TargetTable#HEAD}. */
  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s |%n",
        what,
        Double.isNaN(limit) ? "" : String.format(Locale.ROOT, "≤ " + format, limit),
        known() ? measured.text(format) : "",
        verdict(),
        known() ? source : "");
  }
}

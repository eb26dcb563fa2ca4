package io.inmesh.benchmarks.report;

import java.util.Locale;

/**
 * A limit, and what was measured.
 *
 * @param what is limited
 * @param limit at most; NaN: there is none, it is only asked whether two ways differ
 * @param none what is measured if they do not
 * @param format of one number with its unit
 * @param measured NaN if it was not
 * @param needed values; of fewer nothing is concluded
 * @param source the file of results that says so
 */
public record Target(
    String what,
    double limit,
    double none,
    String format,
    Interval measured,
    int needed,
    String source) {
  /** A target with a limit. */
  public static Target limited(
      String what, double limit, String format, Interval measured, int needed, String source) {
    return new Target(what, limit, Double.NaN, format, measured, needed, source);
  }

  /** The question whether two ways differ. */
  public static Target difference(
      String what, double none, String format, Interval measured, int needed, String source) {
    return new Target(what, Double.NaN, none, format, measured, needed, source);
  }

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
      return measured.holds(none) ? "no difference resolved" : "differs";
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

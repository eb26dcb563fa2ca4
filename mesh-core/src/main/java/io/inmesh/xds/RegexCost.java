package io.inmesh.xds;

/**
 * An upper estimate of how large the program of a regular expression gets once its counted
 * repetitions are written out, so that {@code ((a{1000}){1000}){1000}} is refused before anything
 * is built.
 */
final class RegexCost {
  private static final long LIMIT = 1L << 40;

  private final String regex;
  private int at;

  private RegexCost(String regex) {
    this.regex = regex;
  }

  /** The estimate, in instructions; malformed expressions get some number. */
  static long of(String regex) {
    RegexCost cost = new RegexCost(regex);
    long total = 0;
    while (cost.at < regex.length()) {
      total = Math.min(LIMIT, total + cost.sequence(0));
      cost.at++; // a parenthesis that closes nothing
    }
    return total;
  }

  private long sequence(int depth) {
    long total = 0;
    while (at < regex.length() && regex.charAt(at) != ')') {
      total = Math.min(LIMIT, total + item(depth));
    }
    return total;
  }

  private long item(int depth) {
    char c = regex.charAt(at++);
    long cost = 1;
    if (c == '\\') {
      cost = escape();
    } else if (c == '[') {
      characterClass();
    } else if (c == '(') {
      if (depth > 100) {
        return LIMIT;
      }
      cost = 2 + sequence(depth + 1);
      at++;
    }
    return Math.min(LIMIT, cost * repetition());
  }

  private long escape() {
    if (at < regex.length() && regex.charAt(at) == 'Q') {
      int end = regex.indexOf("\\E", at);
      int stop = end < 0 ? regex.length() : end;
      int length = stop - at;
      at = end < 0 ? stop : end + 2;
      return Math.max(1, length);
    }
    at++;
    return 1;
  }

  private void characterClass() {
    if (at < regex.length() && regex.charAt(at) == '^') {
      at++;
    }
    if (at < regex.length() && regex.charAt(at) == ']') {
      at++;
    }
    while (at < regex.length() && regex.charAt(at) != ']') {
      at += regex.charAt(at) == '\\' ? 2 : 1;
    }
    at++;
  }

  private long repetition() {
    long times = 1;
    while (at < regex.length() && regex.charAt(at) == '{') {
      int end = regex.indexOf('}', at);
      if (end < 0) {
        return times;
      }
      long largest = 0;
      for (String part : regex.substring(at + 1, end).split(",", -1)) {
        try {
          largest = Math.max(largest, Long.parseLong(part));
        } catch (NumberFormatException e) {
          largest = Math.max(largest, part.isEmpty() ? 0 : 1);
        }
      }
      times = Math.min(LIMIT, times * Math.max(1, largest));
      at = end + 1;
    }
    return times;
  }
}

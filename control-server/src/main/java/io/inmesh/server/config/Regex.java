package io.inmesh.server.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Regular expressions of routes: RE2 syntax, which matches in linear time. */
final class Regex {

  /** Characters of one expression. */
  static final int MAX_LENGTH = 1024;

  private static final int MAX_REPEAT = 1000;

  private Regex() {}

  /** What is wrong with an expression; null if nothing is. */
  static @Nullable String problem(String regex) {
    if (regex.length() > MAX_LENGTH) {
      return "the expression has " + regex.length() + " characters; expected at most " + MAX_LENGTH;
    }
    if (repeats(regex) > MAX_REPEAT) {
      return "the repetitions multiply to more than " + MAX_REPEAT;
    }
    try {
      Pattern.compile(regex);
      return null;
    } catch (PatternSyntaxException e) {
      return "not a valid RE2 expression: "
          + e.getDescription()
          + ": "
          + Words.quote(e.getPattern());
    } catch (RuntimeException | StackOverflowError e) {
      return "not a valid RE2 expression";
    }
  }

  /**
   * The product of all counts in {@code {n,m}}: an upper bound of how far nested repetitions can
   * blow up the compiled program, which RE2 for Java does not limit itself.
   */
  private static long repeats(String regex) {
    long product = 1;
    for (int open = regex.indexOf('{'); open >= 0; open = regex.indexOf('{', open + 1)) {
      long count = 0;
      long largest = 1;
      for (int i = open + 1; i < regex.length() && regex.charAt(i) != '}'; i++) {
        char c = regex.charAt(i);
        if (c >= '0' && c <= '9') {
          count = Math.min(count * 10 + (c - '0'), MAX_REPEAT + 1L);
        } else if (c == ',') {
          largest = Math.max(largest, count);
          count = 0;
        } else {
          count = 0;
          largest = 1;
          break;
        }
      }
      product = Math.min(product * Math.max(largest, count), Integer.MAX_VALUE);
    }
    return product;
  }
}

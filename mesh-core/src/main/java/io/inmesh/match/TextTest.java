package io.inmesh.match;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.inmesh.model.StringMatch;
import java.util.Locale;

/** A compiled {@link StringMatch}. Immutable; linear in the length of the value. */
@FunctionalInterface
public interface TextTest {
  /** Whether the value satisfies it. */
  boolean test(String value);

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if a regex is not RE2 syntax
   */
  static TextTest of(StringMatch match) {
    if (match instanceof StringMatch.Exact exact) {
      String wanted = exact.value();
      return exact.ignoreCase() ? wanted::equalsIgnoreCase : wanted::equals;
    }
    if (match instanceof StringMatch.Prefix prefix) {
      String wanted = prefix.value();
      boolean ignoreCase = prefix.ignoreCase();
      return value -> value.regionMatches(ignoreCase, 0, wanted, 0, wanted.length());
    }
    if (match instanceof StringMatch.Suffix suffix) {
      String wanted = suffix.value();
      boolean ignoreCase = suffix.ignoreCase();
      return value ->
          value.regionMatches(
              ignoreCase, value.length() - wanted.length(), wanted, 0, wanted.length());
    }
    if (match instanceof StringMatch.Contains contains) {
      String wanted = contains.value();
      if (!contains.ignoreCase()) {
        return value -> value.contains(wanted);
      }
      String lower = wanted.toLowerCase(Locale.ROOT);
      return value -> value.toLowerCase(Locale.ROOT).contains(lower);
    }
    String regex = ((StringMatch.Regex) match).regex();
    Pattern pattern = pattern(regex);
    Wildcard wildcard = Wildcard.of(regex);
    return wildcard != null ? wildcard : pattern::matches;
  }

  /**
   * Compiles a regex.
   *
   * @throws IllegalArgumentException if it is not RE2 syntax
   */
  static Pattern pattern(String regex) {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "invalid regex '" + regex + "': " + e.getDescription() + " (RE2 syntax is expected)", e);
    }
  }
}

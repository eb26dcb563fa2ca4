package io.inmesh.route;

import com.google.re2j.Pattern;
import io.inmesh.match.TextTest;
import io.inmesh.model.PathMatch;

/** A compiled {@link PathMatch} over a path without its query. Immutable. */
@FunctionalInterface
interface PathTest {
  /** Whether the path satisfies it. */
  boolean test(String path);

  /** What is left to be tested of a path that {@link PathIndex} found a candidate for. */
  static PathTest ofCandidate(PathMatch match) {
    if ((match instanceof PathMatch.Exact exact && exact.caseSensitive())
        || (match instanceof PathMatch.Prefix prefix && prefix.caseSensitive())) {
      return path -> true;
    }
    if (match instanceof PathMatch.SegmentPrefix prefix && prefix.caseSensitive()) {
      int length = prefix.prefix().length();
      return path -> path.length() == length || path.charAt(length) == '/';
    }
    return of(match);
  }

  static PathTest of(PathMatch match) {
    if (match instanceof PathMatch.Exact exact) {
      return exact.caseSensitive() ? exact.path()::equals : exact.path()::equalsIgnoreCase;
    }
    if (match instanceof PathMatch.Prefix prefix) {
      String wanted = prefix.prefix();
      boolean ignoreCase = !prefix.caseSensitive();
      return path -> path.regionMatches(ignoreCase, 0, wanted, 0, wanted.length());
    }
    if (match instanceof PathMatch.SegmentPrefix prefix) {
      String wanted = prefix.prefix();
      boolean ignoreCase = !prefix.caseSensitive();
      return path ->
          path.regionMatches(ignoreCase, 0, wanted, 0, wanted.length())
              && (path.length() == wanted.length() || path.charAt(wanted.length()) == '/');
    }
    Pattern pattern = TextTest.pattern(((PathMatch.Regex) match).regex());
    return pattern::matches;
  }
}

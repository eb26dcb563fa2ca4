package io.inmesh.route;

import io.inmesh.match.TextTest;
import io.inmesh.model.PathMatch;
import io.inmesh.model.StringMatch;

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
      return TextTest.of(new StringMatch.Exact(exact.path(), !exact.caseSensitive()))::test;
    }
    if (match instanceof PathMatch.Prefix prefix) {
      return TextTest.of(new StringMatch.Prefix(prefix.prefix(), !prefix.caseSensitive()))::test;
    }
    if (match instanceof PathMatch.SegmentPrefix prefix) {
      String wanted = prefix.prefix();
      boolean ignoreCase = !prefix.caseSensitive();
      return path ->
          path.regionMatches(ignoreCase, 0, wanted, 0, wanted.length())
              && (path.length() == wanted.length() || path.charAt(wanted.length()) == '/');
    }
    return TextTest.of(new StringMatch.Regex(((PathMatch.Regex) match).regex()))::test;
  }
}

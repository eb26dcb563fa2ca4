package io.inmesh.filter.authz;

/**
 * A path with {@code *} for one or more characters of a segment and, at most once and after every
 * {@code *}, {@code **} for any number of any characters. Linear in the length of the path times
 * that of the template. Immutable.
 */
final class PathTemplate {
  private final String before;
  private final String after;
  private final boolean open;

  PathTemplate(String template) {
    int open = template.indexOf("**");
    this.open = open >= 0;
    this.before = open < 0 ? template : template.substring(0, open);
    this.after = open < 0 ? "" : template.substring(open + 2);
    if (after.indexOf('*') >= 0) {
      throw new IllegalArgumentException(
          "path template '" + template + "': nothing but text may follow '**'");
    }
  }

  /** The characters every path begins with. */
  static String literalPrefix(String template) {
    int star = template.indexOf('*');
    return star < 0 ? template : template.substring(0, star);
  }

  boolean matches(String path) {
    if (!open) {
      return glob(path, path.length()) == path.length();
    }
    int end = glob(path, path.length() - after.length());
    return end >= 0 && end <= path.length() - after.length() && path.endsWith(after);
  }

  /**
   * Matches {@link #before} at the beginning: as a whole path, or as the beginning of one.
   *
   * @return where the match ends; -1: there is none
   */
  private int glob(String path, int limit) {
    int at = 0;
    int star = -1;
    int resume = 0;
    int i = 0;
    while (i < before.length() || (!open && at < limit)) {
      if (i < before.length() && before.charAt(i) == '*') {
        if (at >= limit || path.charAt(at) == '/') {
          return -1;
        }
        star = i++;
        resume = ++at;
      } else if (i < before.length() && at < limit && before.charAt(i) == path.charAt(at)) {
        i++;
        at++;
      } else if (star >= 0 && resume < limit && path.charAt(resume) != '/') {
        i = star + 1;
        at = ++resume;
      } else {
        return -1;
      }
    }
    return at;
  }
}

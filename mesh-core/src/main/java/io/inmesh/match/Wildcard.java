package io.inmesh.match;

import org.jspecify.annotations.Nullable;

/**
 * A regex that is a text, {@code .*} or {@code .+}, and another text. Control planes write {@code
 * .+} for "anything but nothing" and wildcards in that way; an automaton would take longer for it
 * than everything else that is decided about a request.
 *
 * @param before may be empty
 * @param least characters between the two; any but a line feed, as in RE2
 * @param after may be empty
 */
record Wildcard(String before, int least, String after) implements TextTest {
  private static final String SPECIAL = "\\.[]{}()*+?^$|";

  /** Null if the regex is anything else. */
  static @Nullable Wildcard of(String regex) {
    StringBuilder before = new StringBuilder();
    int end = literal(regex, 0, before);
    if (end + 1 >= regex.length() || regex.charAt(end) != '.') {
      return null;
    }
    char repeated = regex.charAt(end + 1);
    if (repeated != '*' && repeated != '+') {
      return null;
    }
    StringBuilder after = new StringBuilder();
    return literal(regex, end + 2, after) == regex.length()
        ? new Wildcard(before.toString(), repeated == '+' ? 1 : 0, after.toString())
        : null;
  }

  /** Reads characters that stand for themselves; says where it stopped. */
  private static int literal(String regex, int from, StringBuilder text) {
    int at = from;
    while (at < regex.length()) {
      char c = regex.charAt(at);
      boolean escaped = c == '\\' && at + 1 < regex.length() && special(regex.charAt(at + 1));
      if ((special(c) && !escaped) || Character.isSurrogate(c)) {
        return at;
      }
      at += escaped ? 2 : 1;
      text.append(escaped ? regex.charAt(at - 1) : c);
    }
    return at;
  }

  private static boolean special(char c) {
    return SPECIAL.indexOf(c) >= 0;
  }

  @Override
  public boolean test(String value) {
    int end = value.length() - after.length();
    if (end - before.length() < least || !value.startsWith(before) || !value.endsWith(after)) {
      return false;
    }
    int feed = value.indexOf('\n', before.length());
    return feed < 0 || feed >= end;
  }
}

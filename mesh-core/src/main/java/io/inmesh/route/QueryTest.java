package io.inmesh.route;

import io.inmesh.match.TextTest;
import io.inmesh.model.QueryMatch;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A compiled {@link QueryMatch}: the first occurrence of a parameter counts. Immutable. */
public final class QueryTest {
  private final String name;
  private final @Nullable TextTest value;

  QueryTest(QueryMatch match) {
    this.name = match.name();
    this.value = match.match() == null ? null : TextTest.of(match.match());
  }

  /** Whether the query of a path with query satisfies it; {@code query} is where it begins. */
  boolean test(String path, int query) {
    String found = parameter(path, query, name);
    return found != null && (value == null || value.test(found));
  }

  /** The first value of a parameter of a path with query, decoded; null if there is none. */
  public static @Nullable String first(String path, String name) {
    int query = path.indexOf('?');
    return query < 0 ? null : parameter(path, query + 1, name);
  }

  /** The same from where the query begins. */
  static @Nullable String parameter(String path, int query, String name) {
    int at = query;
    while (at < path.length()) {
      int end = path.indexOf('&', at);
      if (end < 0) {
        end = path.length();
      }
      int equals = path.indexOf('=', at);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (sameName(path, at, nameEnd, name)) {
        return nameEnd == end ? "" : decode(path.substring(nameEnd + 1, end));
      }
      at = end + 1;
    }
    return null;
  }

  private static boolean sameName(String path, int from, int to, String name) {
    if (to - from == name.length()) {
      return path.regionMatches(from, name, 0, name.length());
    }
    // Longer than the name: only equal if escaped.
    return to - from > name.length()
        && path.substring(from, to).indexOf('%') >= 0
        && decode(path.substring(from, to)).equals(name);
  }

  private static String decode(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A broken escape is compared as it was written.
      return text;
    }
  }
}

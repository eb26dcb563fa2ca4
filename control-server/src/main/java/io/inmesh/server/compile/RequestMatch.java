package io.inmesh.server.compile;

import io.inmesh.server.config.ValueMatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rule takes: all conditions hold.
 *
 * @param path on the path without its query
 * @param method the HTTP method; null for any
 * @param headers names in lower case, each once
 * @param query names each once
 */
record RequestMatch(Path path, @Nullable String method, List<Value> headers, List<Value> query) {
  /** Every request. */
  static final RequestMatch ANY =
      new RequestMatch(new Path(PathType.SEGMENTS, "/"), null, List.of(), List.of());

  /** How a path is compared. */
  enum PathType {
    /** Equal. */
    EXACT,
    /** All of it matches an RE2 expression. */
    REGEX,
    /** Begins with these whole segments; no slash at the end, except for {@code /} itself. */
    SEGMENTS,
    /** Begins with these characters. */
    PREFIX
  }

  /**
   * A condition on the path.
   *
   * @param ignoreCase not with an expression
   */
  record Path(PathType type, String value, boolean ignoreCase) {
    Path(PathType type, String value) {
      this(type, value, false);
    }

    /** Whether all paths the other takes are taken by this one. */
    boolean covers(Path other) {
      if (equals(other)) {
        return true;
      }
      if (value.equals("/") && (type == PathType.SEGMENTS || type == PathType.PREFIX)) {
        return true;
      }
      if (ignoreCase || other.ignoreCase) {
        return false;
      }
      return switch (type) {
        case EXACT, REGEX -> false;
        case SEGMENTS ->
            other.type != PathType.REGEX
                && ((other.type != PathType.PREFIX && other.value.equals(value))
                    || other.value.startsWith(value + "/"));
        case PREFIX -> other.type != PathType.REGEX && other.value.startsWith(value);
      };
    }

    /** Whether it is certain that no path is taken by both. */
    boolean excludes(Path other) {
      return literal() && other.literal() && !covers(other) && !other.covers(this);
    }

    /** Whether its value is how each path that it takes begins, in the only spelling there is. */
    private boolean literal() {
      return type != PathType.REGEX
          && !ignoreCase
          && value.indexOf('%') < 0
          && value.indexOf(';') < 0;
    }
  }

  /**
   * A condition on a header or query parameter, wherever it is written.
   *
   * @param name of a header also {@code :scheme}, {@code :method} or {@code :authority}
   * @param not whether the comparison must fail; one that is missing counts as empty
   */
  record Value(ValueMatch.Type type, String name, String value, boolean not) {
    Value(ValueMatch.Type type, String name, String value) {
      this(type, name, value, false);
    }
  }

  /** Whether all requests the other takes are taken by this one. */
  boolean covers(RequestMatch other) {
    return path.covers(other.path)
        && (method == null || method.equals(other.method))
        && other.headers.containsAll(headers)
        && other.query.containsAll(query);
  }

  /** Whether it is certain that no request is taken by both. */
  boolean excludes(RequestMatch other) {
    return path.excludes(other.path)
        || (method != null && other.method != null && !method.equals(other.method));
  }
}

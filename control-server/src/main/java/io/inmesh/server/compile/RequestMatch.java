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

  /** A condition on the path. */
  record Path(PathType type, String value) {
    /** Whether all paths the other takes are taken by this one. */
    boolean covers(Path other) {
      if (equals(other)) {
        return true;
      }
      return switch (type) {
        case EXACT, REGEX -> false;
        case SEGMENTS ->
            value.equals("/")
                || (other.type != PathType.REGEX
                    && ((other.type != PathType.PREFIX && other.value.equals(value))
                        || other.value.startsWith(value + "/")));
        case PREFIX -> other.type != PathType.REGEX && other.value.startsWith(value);
      };
    }
  }

  /** A condition on a header or query parameter, wherever it is written. */
  record Value(ValueMatch.Type type, String name, String value) {}

  /** Whether all requests the other takes are taken by this one. */
  boolean covers(RequestMatch other) {
    return path.covers(other.path)
        && (method == null || method.equals(other.method))
        && other.headers.containsAll(headers)
        && other.query.containsAll(query);
  }
}

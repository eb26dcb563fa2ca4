package io.inmesh.server.compile;

import io.inmesh.server.config.HttpRouteSpec;
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
      new RequestMatch(
          new Path(HttpRouteSpec.PathMatch.Type.PATH_PREFIX, "/"), null, List.of(), List.of());

  /**
   * A condition on the path.
   *
   * @param type how it is compared
   * @param value without a slash at its end if it is a prefix, unless it is {@code /}
   */
  record Path(HttpRouteSpec.PathMatch.Type type, String value) {}

  /** A condition on a header or query parameter, wherever it is written. */
  record Value(ValueMatch.Type type, String name, String value) {}
}

package io.inmesh.server.compile;

import io.inmesh.server.compile.RequestMatch.Path;
import io.inmesh.server.compile.RequestMatch.PathType;
import io.inmesh.server.compile.RequestMatch.Value;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.ValueMatch;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Matches of both kinds of routes in one form. */
final class Matches {
  private static final String ANY_SEGMENT = "[^/]+";

  private Matches() {}

  static RequestMatch of(HttpRouteSpec.Match match) {
    return new RequestMatch(
        path(match.path()),
        match.method(),
        headers(match.headers()),
        match.queryParams().stream().map(p -> new Value(p.type(), p.name(), p.value())).toList());
  }

  /** A gRPC method is the path {@code /package.Service/Method}. */
  static RequestMatch of(GrpcRouteSpec.Match match) {
    return new RequestMatch(path(match.method()), null, headers(match.headers()), List.of());
  }

  /** {@code /a/} is the prefix {@code /a}. */
  static Path path(HttpRouteSpec.PathMatch path) {
    return switch (path.type()) {
      case EXACT -> new Path(PathType.EXACT, path.value());
      case REGULAR_EXPRESSION -> new Path(PathType.REGEX, path.value());
      case PATH_PREFIX -> {
        String prefix = path.value();
        while (prefix.length() > 1 && prefix.endsWith("/")) {
          prefix = prefix.substring(0, prefix.length() - 1);
        }
        yield new Path(PathType.SEGMENTS, prefix);
      }
    };
  }

  private static Path path(GrpcRouteSpec.@Nullable MethodMatch match) {
    if (match == null) {
      return RequestMatch.ANY.path();
    }
    String service = match.service();
    String method = match.method();
    if (match.type() == ValueMatch.Type.EXACT) {
      if (service == null) {
        return method == null
            ? RequestMatch.ANY.path()
            : new Path(PathType.REGEX, "/" + ANY_SEGMENT + "/" + method);
      }
      return method == null
          ? new Path(PathType.PREFIX, "/" + service + "/")
          : new Path(PathType.EXACT, "/" + service + "/" + method);
    }
    return new Path(PathType.REGEX, "/" + expression(service) + "/" + expression(method));
  }

  private static String expression(@Nullable String regex) {
    return regex == null ? ANY_SEGMENT : "(?:" + regex + ")";
  }

  private static List<Value> headers(List<ValueMatch> headers) {
    return headers.stream()
        .map(h -> new Value(h.type(), h.name().toLowerCase(Locale.ROOT), h.value()))
        .toList();
  }
}

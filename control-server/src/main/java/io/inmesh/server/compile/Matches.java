package io.inmesh.server.compile;

import io.inmesh.server.compile.RequestMatch.Path;
import io.inmesh.server.compile.RequestMatch.PathType;
import io.inmesh.server.compile.RequestMatch.Value;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.ValueMatch;
import io.inmesh.server.config.VirtualServiceSpec;
import io.inmesh.server.config.VirtualServiceSpec.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Matches of both kinds of routes in one form. */
final class Matches {
  private static final String ANY_SEGMENT = "[^/]+";

  /** Every request, as Istio says it: rewrites put something in place of the first slash. */
  static final RequestMatch ANY_PREFIX =
      new RequestMatch(new Path(PathType.PREFIX, "/"), null, List.of(), List.of());

  private Matches() {}

  static RequestMatch of(HttpRouteSpec.Match match) {
    return new RequestMatch(
        path(match.path()),
        match.method(),
        headers(match.headers()),
        match.queryParams().stream().map(p -> new Value(p.type(), p.name(), p.value())).toList());
  }

  /** Istio's conditions; prefixes are of characters, not of whole segments. */
  static RequestMatch of(VirtualServiceSpec.Match match) {
    List<Value> headers = new ArrayList<>();
    Text method = match.method();
    boolean exactMethod = method != null && method.type() == ValueMatch.Type.EXACT;
    if (method != null && !exactMethod) {
      headers.add(value(":method", method, false));
    }
    if (match.scheme() != null) {
      headers.add(value(":scheme", match.scheme(), false));
    }
    if (match.authority() != null) {
      headers.add(value(":authority", match.authority(), false));
    }
    new TreeMap<>(match.headers()).forEach((name, text) -> headers.add(value(name, text, false)));
    new TreeMap<>(match.withoutHeaders())
        .forEach((name, text) -> headers.add(value(name, text, true)));
    List<Value> query = new ArrayList<>();
    new TreeMap<>(match.queryParams()).forEach((name, text) -> query.add(value(name, text, false)));
    Text uri = match.uri();
    return new RequestMatch(
        uri == null ? ANY_PREFIX.path() : path(uri, match.ignoreCase()),
        method != null && exactMethod ? method.value() : null,
        headers,
        query);
  }

  private static Value value(String name, Text text, boolean not) {
    return new Value(text.type(), name, text.value(), not);
  }

  private static Path path(Text uri, boolean ignoreCase) {
    return switch (uri.type()) {
      case EXACT -> new Path(PathType.EXACT, uri.value(), ignoreCase);
      case REGULAR_EXPRESSION -> new Path(PathType.REGEX, uri.value());
      default -> new Path(PathType.PREFIX, uri.value(), ignoreCase);
    };
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

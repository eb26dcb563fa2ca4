package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.server.config.ValueMatch;
import java.util.List;

/**
 * Conditions on requests. Stock gRPC clients refuse a configuration with {@code
 * path_separated_prefix}, drop routes with query parameters and cannot see pseudo-headers; for them
 * a condition is either said otherwise, always true for gRPC and left out, or never true and its
 * route left out.
 */
final class MatchResources {
  private MatchResources() {}

  /** The matches that together mean the same to these clients; empty if none of theirs can. */
  static List<RouteMatch> of(RequestMatch match, CapabilityClass clients) {
    if (clients == CapabilityClass.GRPC && neverGrpc(match)) {
      return List.of();
    }
    RouteMatch.Builder conditions = RouteMatch.newBuilder().setCaseSensitive(Protos.TRUE);
    if (match.method() != null && clients != CapabilityClass.GRPC) {
      conditions.addHeaders(
          HeaderMatcher.newBuilder()
              .setName(":method")
              .setStringMatch(StringMatcher.newBuilder().setExact(match.method())));
    }
    for (RequestMatch.Value header : match.headers()) {
      conditions.addHeaders(header(header, clients));
    }
    for (RequestMatch.Value parameter : match.query()) {
      conditions.addQueryParameters(
          QueryParameterMatcher.newBuilder()
              .setName(parameter.name())
              .setStringMatch(stringMatcher(parameter)));
    }
    String path = match.path().value();
    return switch (match.path().type()) {
      case EXACT -> List.of(conditions.setPath(path).build());
      case REGEX -> List.of(conditions.setSafeRegex(regex(path)).build());
      case PREFIX -> List.of(conditions.setPrefix(path).build());
      case SEGMENTS -> {
        if (path.equals("/")) {
          yield List.of(conditions.setPrefix("/").build());
        }
        yield clients == CapabilityClass.GRPC
            ? List.of(
                conditions.clone().setPath(path).build(),
                conditions.clone().setPrefix(path + "/").build())
            : List.of(conditions.setPathSeparatedPrefix(path).build());
      }
    };
  }

  /** gRPC calls are POST, have no query, and headers of which gRPC restricts the names. */
  private static boolean neverGrpc(RequestMatch match) {
    return !match.query().isEmpty()
        || (match.method() != null && !match.method().equals("POST"))
        || match.headers().stream().anyMatch(header -> !isGrpcMetadata(header.name()));
  }

  private static boolean isGrpcMetadata(String name) {
    return !name.endsWith("-bin")
        && name.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= '0' && c <= '9')
                        || c == '-'
                        || c == '_'
                        || c == '.');
  }

  /** Older gRPC clients know only the fields that {@code string_match} replaces. */
  @SuppressWarnings("deprecation")
  private static HeaderMatcher header(RequestMatch.Value header, CapabilityClass clients) {
    HeaderMatcher.Builder matcher = HeaderMatcher.newBuilder().setName(header.name());
    if (clients != CapabilityClass.GRPC) {
      return matcher.setStringMatch(stringMatcher(header)).build();
    }
    return header.type() == ValueMatch.Type.EXACT
        ? matcher.setExactMatch(header.value()).build()
        : matcher.setSafeRegexMatch(regex(header.value())).build();
  }

  private static StringMatcher stringMatcher(RequestMatch.Value value) {
    return value.type() == ValueMatch.Type.EXACT
        ? StringMatcher.newBuilder().setExact(value.value()).build()
        : StringMatcher.newBuilder().setSafeRegex(regex(value.value())).build();
  }

  private static RegexMatcher regex(String expression) {
    return RegexMatcher.newBuilder().setRegex(expression).build();
  }
}

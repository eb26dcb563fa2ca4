package io.inmesh.server.compile;

import com.google.protobuf.BoolValue;
import com.google.re2j.Pattern;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.server.config.ValueMatch;
import java.util.List;
import java.util.stream.Stream;

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
    return clients == CapabilityClass.GRPC ? ofGrpc(match) : List.of(of(match));
  }

  private static RouteMatch of(RequestMatch match) {
    RouteMatch.Builder conditions = conditions(match);
    if (match.method() != null) {
      conditions.addHeaders(
          HeaderMatcher.newBuilder()
              .setName(":method")
              .setStringMatch(StringMatcher.newBuilder().setExact(match.method())));
    }
    match.headers().forEach(header -> conditions.addHeaders(header(header)));
    match.query().forEach(parameter -> conditions.addQueryParameters(parameter(parameter)));
    String path = match.path().value();
    return switch (match.path().type()) {
      case EXACT -> conditions.setPath(path).build();
      case REGEX -> conditions.setSafeRegex(regex(path)).build();
      case PREFIX -> conditions.setPrefix(path).build();
      case SEGMENTS ->
          path.equals("/")
              ? conditions.setPrefix("/").build()
              : conditions.setPathSeparatedPrefix(path).build();
    };
  }

  private static List<RouteMatch> ofGrpc(RequestMatch match) {
    if (!match.query().isEmpty() || (match.method() != null && !match.method().equals("POST"))) {
      return List.of();
    }
    List<RouteMatch.Builder> all = List.of(conditions(match));
    for (RequestMatch.Value header : match.headers()) {
      if (isGrpcMetadata(header.name())) {
        List<HeaderMatcher> alternatives = grpcHeader(header);
        all =
            all.stream()
                .flatMap(c -> alternatives.stream().map(h -> c.clone().addHeaders(h)))
                .toList();
      } else if (!alwaysTrueOfGrpc(header)) {
        return List.of();
      }
    }
    return all.stream().flatMap(conditions -> grpcPaths(match.path(), conditions)).toList();
  }

  private static Stream<RouteMatch> grpcPaths(
      RequestMatch.Path path, RouteMatch.Builder conditions) {
    String value = path.value();
    return switch (path.type()) {
      case EXACT -> Stream.of(conditions.setPath(value).build());
      case REGEX -> Stream.of(conditions.setSafeRegex(regex(value)).build());
      case PREFIX -> Stream.of(conditions.setPrefix(value).build());
      case SEGMENTS ->
          value.equals("/")
              ? Stream.of(conditions.setPrefix("/").build())
              : Stream.of(
                  conditions.clone().setPath(value).build(),
                  conditions.clone().setPrefix(value + "/").build());
    };
  }

  private static RouteMatch.Builder conditions(RequestMatch match) {
    return RouteMatch.newBuilder().setCaseSensitive(BoolValue.of(!match.path().ignoreCase()));
  }

  /** Calls are POST; they do not see other pseudo-headers, nor binary headers. */
  private static boolean alwaysTrueOfGrpc(RequestMatch.Value header) {
    if (!header.name().equals(":method")) {
      return header.not() && !header.name().startsWith(":");
    }
    return switch (header.type()) {
      case EXACT -> header.value().equals("POST");
      case PREFIX -> "POST".startsWith(header.value());
      case REGULAR_EXPRESSION -> Pattern.matches(header.value(), "POST");
      case PRESENT -> true;
    };
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

  /**
   * Older gRPC clients know only the fields that {@code string_match} replaces, and to none of them
   * a missing header counts as empty: it is an alternative of its own.
   */
  @SuppressWarnings("deprecation")
  private static List<HeaderMatcher> grpcHeader(RequestMatch.Value header) {
    HeaderMatcher.Builder matcher =
        HeaderMatcher.newBuilder().setName(header.name()).setInvertMatch(header.not());
    switch (header.type()) {
      case EXACT -> matcher.setExactMatch(header.value());
      case PREFIX -> matcher.setPrefixMatch(header.value());
      case REGULAR_EXPRESSION -> matcher.setSafeRegexMatch(regex(header.value()));
      case PRESENT -> matcher.setPresentMatch(true);
    }
    return header.not() && header.type() != ValueMatch.Type.PRESENT
        ? List.of(matcher.build(), matcher.clone().setPresentMatch(true).build())
        : List.of(matcher.build());
  }

  private static HeaderMatcher header(RequestMatch.Value header) {
    HeaderMatcher.Builder matcher =
        HeaderMatcher.newBuilder().setName(header.name()).setInvertMatch(header.not());
    return header.type() == ValueMatch.Type.PRESENT
        ? matcher.setPresentMatch(true).build()
        : matcher
            .setStringMatch(stringMatcher(header))
            .setTreatMissingHeaderAsEmpty(header.not())
            .build();
  }

  private static QueryParameterMatcher parameter(RequestMatch.Value parameter) {
    QueryParameterMatcher.Builder matcher =
        QueryParameterMatcher.newBuilder().setName(parameter.name());
    return parameter.type() == ValueMatch.Type.PRESENT
        ? matcher.setPresentMatch(true).build()
        : matcher.setStringMatch(stringMatcher(parameter)).build();
  }

  private static StringMatcher stringMatcher(RequestMatch.Value value) {
    return switch (value.type()) {
      case EXACT -> StringMatcher.newBuilder().setExact(value.value()).build();
      case PREFIX -> StringMatcher.newBuilder().setPrefix(value.value()).build();
      default -> StringMatcher.newBuilder().setSafeRegex(regex(value.value())).build();
    };
  }

  private static RegexMatcher regex(String expression) {
    return RegexMatcher.newBuilder().setRegex(expression).build();
  }
}

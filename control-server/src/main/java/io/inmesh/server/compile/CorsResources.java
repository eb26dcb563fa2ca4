package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.server.config.CorsRules;
import io.inmesh.server.config.VirtualServiceSpec.Text;

/** Cross-origin resource sharing: a filter of servers that does what their routes say. */
final class CorsResources {
  static final String FILTER = "envoy.filters.http.cors";

  /** Of a listener, where it says nothing. */
  static final HttpFilter LISTENER =
      HttpFilter.newBuilder()
          .setName(FILTER)
          .setTypedConfig(Any.pack(Cors.getDefaultInstance()))
          .setIsOptional(true)
          .build();

  private CorsResources() {}

  /** Of a route. */
  static Any of(CorsRules rules) {
    CorsPolicy.Builder policy =
        CorsPolicy.newBuilder()
            .setAllowMethods(String.join(",", rules.methods()))
            .setAllowHeaders(String.join(",", rules.headers()))
            .setExposeHeaders(String.join(",", rules.exposed()))
            .setAllowCredentials(BoolValue.of(rules.credentials()));
    rules.origins().forEach(origin -> policy.addAllowOriginStringMatch(matcher(origin)));
    if (rules.maxAge() != null) {
      policy.setMaxAge(Long.toString(rules.maxAge().toSeconds()));
    }
    if (!rules.forwardOthers()) {
      policy.setForwardNotMatchingPreflights(BoolValue.of(false));
    }
    return Any.pack(policy.build());
  }

  private static StringMatcher matcher(Text origin) {
    return switch (origin.type()) {
      case PREFIX -> StringMatcher.newBuilder().setPrefix(origin.value()).build();
      case REGULAR_EXPRESSION -> Strings.regex(origin.value());
      case EXACT, PRESENT -> StringMatcher.newBuilder().setExact(origin.value()).build();
    };
  }
}

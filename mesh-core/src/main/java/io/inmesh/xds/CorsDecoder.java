package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.inmesh.model.CorsPolicy;
import io.inmesh.model.Fraction;
import io.inmesh.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cross-origin resource sharing. */
final class CorsDecoder {
  static final String CORS = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors";
  static final String PER_ROUTE =
      "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

  private final Decoding decoding;
  private final MatchDecoder matches;

  CorsDecoder(Decoding decoding) {
    this.decoding = decoding;
    this.matches = new MatchDecoder(decoding);
  }

  /** Null: a listener says nothing, only its routes do. */
  @Nullable CorsPolicy listener(Any any, FieldPath path) throws Rejection {
    decoding.unpack(any, Cors.class, path);
    return null;
  }

  CorsPolicy perRoute(Any any, FieldPath path) throws Rejection {
    var policy =
        decoding.unpack(
            any, io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy.class, path);
    List<StringMatch> origins = new ArrayList<>();
    for (int i = 0; i < policy.getAllowOriginStringMatchCount(); i++) {
      origins.add(
          matches.string(
              policy.getAllowOriginStringMatch(i), path.field("allow_origin_string_match", i)));
    }
    return new CorsPolicy(
        policy.hasFilterEnabled()
            ? MatchDecoder.fraction(
                policy.getFilterEnabled().getDefaultValue(), path.field("filter_enabled"))
            : Fraction.ALL,
        origins,
        decoding.headerValue(policy.getAllowMethods(), path.field("allow_methods")),
        decoding.headerValue(policy.getAllowHeaders(), path.field("allow_headers")),
        decoding.headerValue(policy.getExposeHeaders(), path.field("expose_headers")),
        decoding.headerValue(policy.getMaxAge(), path.field("max_age")),
        policy.getAllowCredentials().getValue(),
        policy.getAllowPrivateNetworkAccess().getValue(),
        !policy.hasForwardNotMatchingPreflights()
            || policy.getForwardNotMatchingPreflights().getValue());
  }
}

package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import io.inmesh.server.config.TrafficPolicySpec.Cookie;
import java.util.Locale;

/** Where the hash of requests comes from: routes say so for the clusters they lead to. */
final class HashResources {
  private HashResources() {}

  /** What applications make of requests; where that is nothing, the next policy counts. */
  static HashPolicy of(String key) {
    return HashPolicy.newBuilder()
        .setFilterState(HashPolicy.FilterState.newBuilder().setKey(key))
        .setTerminal(true)
        .build();
  }

  static HashPolicy of(ConsistentHash hash) {
    HashPolicy.Builder policy = HashPolicy.newBuilder();
    Cookie cookie = hash.cookie();
    if (hash.header() != null) {
      policy.setHeader(
          HashPolicy.Header.newBuilder().setHeaderName(hash.header().toLowerCase(Locale.ROOT)));
    } else if (cookie != null) {
      HashPolicy.Cookie.Builder made =
          HashPolicy.Cookie.newBuilder().setName(cookie.name()).setPath(cookie.path());
      if (cookie.ttl() != null) {
        made.setTtl(Protos.duration(cookie.ttl()));
      }
      policy.setCookie(made);
    } else if (hash.query() != null) {
      policy.setQueryParameter(HashPolicy.QueryParameter.newBuilder().setName(hash.query()));
    } else {
      policy.setConnectionProperties(
          HashPolicy.ConnectionProperties.newBuilder().setSourceIp(true));
    }
    return policy.build();
  }
}

package io.inmesh.call.engine;

import io.inmesh.balance.Host;
import io.inmesh.call.Headers;
import io.inmesh.model.Endpoint;
import io.inmesh.model.SessionAffinity;
import io.inmesh.route.SessionToken;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one call has of a session. Immutable.
 *
 * @param rules of its route
 * @param token that came with the request and is still good; null: the session begins
 */
record Session(SessionRules rules, @Nullable SessionToken token) {
  /** Whether the call goes to the session's endpoint or fails. */
  boolean strict() {
    return token != null && rules.affinity().strict();
  }

  /** The session's endpoint in a cluster, if its health is good enough; null: it has none there. */
  @Nullable Host host(@Nullable ClusterRuntime cluster) {
    return token == null || cluster == null ? null : cluster.sticky(token.address());
  }

  /** The share of a split that has the session's endpoint; null: none has. */
  RoutePlan.@Nullable Share share(
      List<RoutePlan.Share> shares, Map<String, ClusterRuntime> clusters) {
    if (token == null) {
      return null;
    }
    for (int i = 0; i < shares.size(); i++) {
      RoutePlan.Share share = shares.get(i);
      if (share.config().weight() > 0 && host(clusters.get(share.cluster())) != null) {
        return share;
      }
    }
    return null;
  }

  /** An endpoint has answered: it has the session from now on. */
  void answered(Endpoint by, Headers headers, long nowSeconds) {
    InetSocketAddress address = by.address();
    SessionToken kept = token != null && token.address().equals(address) ? token : null;
    SessionAffinity affinity = rules.affinity();
    Duration idle = affinity.idle();
    if (kept != null && idle == null) {
      return;
    }
    Duration absolute = affinity.absolute();
    long ends = 0;
    if (absolute != null) {
      ends = kept == null || kept.ends() == 0 ? nowSeconds + absolute.toSeconds() : kept.ends();
    }
    long expires = idle == null ? ends : nowSeconds + idle.toSeconds();
    if (ends != 0 && expires > ends) {
      expires = ends;
    }
    rules.write(new SessionToken(address, expires, idle == null ? 0 : ends), headers);
  }
}

package io.inmesh.balance;

import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;

/**
 * An endpoint as one configuration describes it, with what the process knows about its address.
 *
 * @param endpoint address, weight, health, metadata
 * @param locality where it runs
 * @param priority of its locality
 * @param state shared with earlier and later configurations
 */
public record Host(Endpoint endpoint, Locality locality, int priority, EndpointState state) {
  private static final String HASH_KEY = "hash_key";

  /** As the control server sees it, unless this process knows better. */
  Health health() {
    return endpoint.health() == Health.HEALTHY && state.degraded()
        ? Health.DEGRADED
        : endpoint.health();
  }

  /** The load-balancing weight, at least 1. */
  public int weight() {
    return Math.max(1, endpoint.weight());
  }

  /**
   * What consistent hashing places it by: {@code hash_key} of its {@code envoy.lb} metadata, else
   * its address, as {@code 10.0.0.1:8080} or {@code [::1]:8080}.
   */
  public String hashKey() {
    return hashKey(endpoint);
  }

  static String hashKey(Endpoint endpoint) {
    String key = endpoint.metadata().get(HASH_KEY);
    if (key != null && !key.isEmpty()) {
      return key;
    }
    String host = endpoint.address().getHostString();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + endpoint.address().getPort();
  }
}

package io.inmesh.server.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Istio's {@code LocalityLoadBalancerSetting}, or its {@code ZoneAwareLoadBalancerSetting}.
 *
 * @param enabled false: localities do not matter
 * @param distribute shares by the caller's locality
 * @param failover where callers of a region go when it fails, by region
 * @param failoverPriority labels, {@code name} or {@code name=value}: endpoints that agree with
 *     more of them from the first on are used first
 * @param minClusterSize for zone-aware routing within a region: with fewer healthy endpoints it is
 *     not in force; 0: localities are ranked instead
 */
public record LocalitySpec(
    boolean enabled,
    List<Distribute> distribute,
    Map<String, String> failover,
    List<String> failoverPriority,
    int minClusterSize) {

  /** Copies the collections. */
  public LocalitySpec {
    distribute = List.copyOf(distribute);
    failover = Collections.unmodifiableMap(new LinkedHashMap<>(failover));
    failoverPriority = List.copyOf(failoverPriority);
  }

  /** Whether zones of a region share by how many callers and endpoints they have. */
  public boolean zoneAware() {
    return enabled && minClusterSize > 0;
  }

  /**
   * Shares of one locality's callers.
   *
   * @param from {@code region/zone/subzone}, a part may be {@code *}
   * @param to percentages by locality; they sum to 100
   */
  public record Distribute(String from, Map<String, Integer> to) {
    /** Copies the map. */
    public Distribute {
      to = Collections.unmodifiableMap(new LinkedHashMap<>(to));
    }
  }
}

package io.inmesh.server.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Istio's {@code LocalityLoadBalancerSetting}.
 *
 * @param enabled false: localities do not matter
 * @param distribute shares by the caller's locality
 * @param failover where callers of a region go when it fails, by region
 * @param failoverPriority labels, {@code name} or {@code name=value}: endpoints that agree with
 *     more of them from the first on are used first
 */
public record LocalitySpec(
    boolean enabled,
    List<Distribute> distribute,
    Map<String, String> failover,
    List<String> failoverPriority) {

  /** Copies the collections. */
  public LocalitySpec {
    distribute = List.copyOf(distribute);
    failover = Collections.unmodifiableMap(new LinkedHashMap<>(failover));
    failoverPriority = List.copyOf(failoverPriority);
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

package io.inmesh.server.config;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Istio {@code networking.istio.io DestinationRule}: how callers treat a destination and which
 * parts of it they can name.
 *
 * @param host as written: a full name, a short one in the rule's own namespace, or {@code *.suffix}
 * @param trafficPolicy for all of it
 * @param subsets parts of it, by labels
 * @param exportTo namespaces whose callers it is for; {@code *} for all, {@code .} for its own;
 *     empty: all
 * @param workloadSelector labels of the callers it is for, all of its own namespace; null: it is
 *     not for certain ones
 */
public record DestinationRuleSpec(
    String host,
    @Nullable TrafficPolicySpec trafficPolicy,
    List<Subset> subsets,
    List<String> exportTo,
    @Nullable Map<String, String> workloadSelector)
    implements Spec {

  /** Copies the lists and the map. */
  public DestinationRuleSpec {
    workloadSelector = workloadSelector == null ? null : Map.copyOf(workloadSelector);
    subsets = List.copyOf(subsets);
    exportTo = List.copyOf(exportTo);
  }

  /** Whether zones decide for any part of it. */
  public boolean zoneAware() {
    return Stream.concat(
            Stream.ofNullable(trafficPolicy),
            subsets.stream().flatMap(subset -> Stream.ofNullable(subset.trafficPolicy())))
        .anyMatch(TrafficPolicySpec::zoneAware);
  }

  /**
   * A part of a destination.
   *
   * @param name unique in the rule
   * @param labels its endpoints carry; empty: all endpoints
   * @param trafficPolicy overrides that of the rule
   * @param provenance where it is written
   */
  public record Subset(
      String name,
      Map<String, String> labels,
      @Nullable TrafficPolicySpec trafficPolicy,
      Provenance provenance) {
    /** Copies the map. */
    public Subset {
      labels = Map.copyOf(labels);
    }
  }
}

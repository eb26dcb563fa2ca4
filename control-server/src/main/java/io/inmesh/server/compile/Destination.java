package io.inmesh.server.compile;

import io.inmesh.server.config.BackendTrafficPolicySpec.RetryConstraint;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.TrafficPolicySpec;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What callers of some namespaces make of a host: the DestinationRule in force for them.
 *
 * @param policy for the whole host
 * @param subsets its parts, by name
 * @param endpoints what a RoutePolicy of the Service adds; null: nothing
 * @param failover the clusters that take over where its healthy endpoints are too few, in this
 *     order
 * @param retries what all retries may be together; null: the usual
 * @param backendTls by port, what BackendTLSPolicies say; only where nothing else does
 */
record Destination(
    TrafficPolicySpec policy,
    SortedMap<String, Subset> subsets,
    @Nullable EndpointPolicySpec endpoints,
    List<String> failover,
    @Nullable RetryConstraint retries,
    SortedMap<Integer, ClientTls> backendTls) {
  /** Nothing is said. */
  static final Destination NONE =
      new Destination(
          TrafficPolicySpec.EMPTY, new TreeMap<>(), null, List.of(), null, new TreeMap<>());

  Destination with(
      @Nullable EndpointPolicySpec more,
      List<String> others,
      @Nullable RetryConstraint constraint,
      SortedMap<Integer, ClientTls> tls) {
    return new Destination(policy, subsets, more, others, constraint, tls);
  }

  /** So many calls are dropped by callers. */
  int dropPercent() {
    return endpoints == null ? 0 : endpoints.dropPercent();
  }

  /** What hashing gives to an endpoint at most, in percent of the average; 0: anything. */
  int hashBalancePercent() {
    return endpoints == null ? 0 : endpoints.hashBalancePercent();
  }

  /**
   * A part of a host.
   *
   * @param labels its endpoints carry
   * @param policy that goes before that of the host
   * @param declaredBy its DestinationRule; null: it is the whole host
   * @param provenance where it is written
   */
  record Subset(
      Map<String, String> labels,
      TrafficPolicySpec policy,
      @Nullable ResourceKey declaredBy,
      Provenance provenance) {
    /** All of the host. */
    static final Subset WHOLE =
        new Subset(Map.of(), TrafficPolicySpec.EMPTY, null, Provenance.UNKNOWN);

    boolean has(MeshEndpoint endpoint) {
      return endpoint.labels().entrySet().containsAll(labels.entrySet());
    }
  }

  /** The parts by name, the whole host under the empty one. */
  SortedMap<String, Subset> parts() {
    SortedMap<String, Subset> parts = new TreeMap<>(subsets);
    parts.put("", Subset.WHOLE);
    return parts;
  }

  /** What holds for a port of the host, or of one of its subsets. */
  TrafficPolicySpec policy(int port, Subset subset) {
    TrafficPolicySpec whole = TrafficPolicySpec.EMPTY.overriddenBy(policy, port);
    TrafficPolicySpec own =
        subset.declaredBy() == null ? whole : whole.overriddenBy(subset.policy(), port);
    return own.tls() == null ? own.withTls(backendTls.get(port)) : own;
  }
}

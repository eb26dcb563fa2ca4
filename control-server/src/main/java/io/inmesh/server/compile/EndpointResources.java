package io.inmesh.server.compile;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.inmesh.model.Locality;
import io.inmesh.server.registry.InstanceHealth;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * EDS. Without locality settings every locality has priority 0 and the sum of its endpoints'
 * weights, so that clients that choose the locality first spread load as those that do not.
 */
final class EndpointResources {
  private static final long MAX_LOCALITY_WEIGHT = 1 << 26;

  /** Shares are percentages of this, so that localities of one share can split it finely. */
  private static final long SHARE_UNIT = 10_000;

  /** A locality of one priority. */
  private record Group(int priority, Locality locality) {}

  private EndpointResources() {}

  static ClusterLoadAssignment of(EndpointSet set) {
    LocalityPlan plan = set.plan();
    TreeSet<Integer> distances = new TreeSet<>();
    set.endpoints().forEach(endpoint -> distances.add(plan.distance(set.caller(), endpoint)));
    SortedMap<Integer, Integer> ranks = LocalityPlan.ranks(distances);
    Map<Group, LocalityLbEndpoints.Builder> groups = new LinkedHashMap<>();
    Map<Group, Long> weights = new LinkedHashMap<>();
    for (MeshEndpoint endpoint : set.endpoints()) {
      int priority = ranks.getOrDefault(plan.distance(set.caller(), endpoint), 0);
      Group group = new Group(priority, endpoint.locality());
      groups
          .computeIfAbsent(
              group,
              g ->
                  LocalityLbEndpoints.newBuilder()
                      .setLocality(locality(g.locality()))
                      .setPriority(g.priority()))
          .addLbEndpoints(lbEndpoint(endpoint));
      weights.merge(group, (long) endpoint.weight(), Long::sum);
    }
    Map<String, Integer> shares = plan.shares(set.caller());
    if (!shares.isEmpty()) {
      share(shares, weights);
    }
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(set.cluster());
    if (set.dropPercent() > 0) {
      assignment.setPolicy(
          ClusterLoadAssignment.Policy.newBuilder()
              .addDropOverloads(
                  ClusterLoadAssignment.Policy.DropOverload.newBuilder()
                      .setCategory("route-policy")
                      .setDropPercentage(
                          FractionalPercent.newBuilder().setNumerator(set.dropPercent()))));
    }
    groups.forEach(
        (group, endpoints) -> {
          long weight = Math.min(MAX_LOCALITY_WEIGHT, weights.getOrDefault(group, 0L));
          if (weight > 0) {
            endpoints.setLoadBalancingWeight(Protos.uint((int) weight));
            assignment.addEndpoints(endpoints);
          }
        });
    return assignment.build();
  }

  /** Localities get their shares by weight; those that are in no share get nothing. */
  private static void share(Map<String, Integer> shares, Map<Group, Long> weights) {
    Map<String, Long> sums = new TreeMap<>();
    Map<Group, String> places = new LinkedHashMap<>();
    weights.forEach(
        (group, weight) ->
            shares.keySet().stream()
                .filter(place -> LocalityPlan.covers(place, group.locality()))
                // The narrowest of several that cover it.
                .max(Comparator.comparingInt(EndpointResources::depth))
                .ifPresent(
                    place -> {
                      places.put(group, place);
                      sums.merge(place, weight, Long::sum);
                    }));
    weights.replaceAll(
        (group, weight) -> {
          String place = places.get(group);
          return place == null
              ? 0L
              : Math.max(
                  1,
                  SHARE_UNIT
                      * shares.getOrDefault(place, 0)
                      * weight
                      / sums.getOrDefault(place, 1L));
        });
  }

  private static int depth(String place) {
    return place.endsWith("*") ? place.length() - 1 : place.length() + 1;
  }

  private static LbEndpoint lbEndpoint(MeshEndpoint endpoint) {
    return LbEndpoint.newBuilder()
        .setEndpoint(Endpoint.newBuilder().setAddress(address(endpoint.address(), endpoint.port())))
        .setHealthStatus(health(endpoint.health()))
        .setLoadBalancingWeight(Protos.uint(endpoint.weight()))
        .setMetadata(metadata(endpoint))
        .build();
  }

  /** What callers' metrics say: no more, as it is sent for each endpoint to each caller. */
  private static Metadata metadata(MeshEndpoint endpoint) {
    Metadata.Builder metadata =
        Protos.metadata(
            Struct.newBuilder()
                .putFields("namespace", Protos.text(endpoint.namespace()))
                .putFields("version", Protos.text(endpoint.labels().getOrDefault("version", "")))
                .putFields("workload", Protos.text(endpoint.workload()))
                .build())
            .toBuilder();
    if (endpoint.secured()) {
      metadata.putFilterMetadata(TlsResources.MATCH_METADATA, TlsResources.IN_MESH);
    }
    return metadata.build();
  }

  static Address address(String host, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(host).setPortValue(port))
        .build();
  }

  private static io.envoyproxy.envoy.config.core.v3.Locality locality(Locality locality) {
    return io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
        .setRegion(locality.region())
        .setZone(locality.zone())
        .setSubZone(locality.subzone())
        .build();
  }

  private static HealthStatus health(InstanceHealth health) {
    return switch (health) {
      case HEALTHY -> HealthStatus.HEALTHY;
      case UNHEALTHY -> HealthStatus.UNHEALTHY;
      case DRAINING -> HealthStatus.DRAINING;
      case UNKNOWN -> HealthStatus.UNKNOWN;
    };
  }
}

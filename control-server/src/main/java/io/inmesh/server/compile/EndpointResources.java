package io.inmesh.server.compile;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.inmesh.model.Locality;
import io.inmesh.server.registry.InstanceHealth;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * EDS. Every locality has priority 0 and the sum of its endpoints' weights, so that clients that
 * choose the locality first spread load as those that do not.
 */
final class EndpointResources {
  private static final long MAX_LOCALITY_WEIGHT = 1 << 26;

  private EndpointResources() {}

  static ClusterLoadAssignment of(EndpointSet set) {
    Map<Locality, LocalityLbEndpoints.Builder> localities = new LinkedHashMap<>();
    Map<Locality, Long> weights = new LinkedHashMap<>();
    for (MeshEndpoint endpoint : set.endpoints()) {
      localities
          .computeIfAbsent(
              endpoint.locality(), l -> LocalityLbEndpoints.newBuilder().setLocality(locality(l)))
          .addLbEndpoints(lbEndpoint(endpoint));
      weights.merge(endpoint.locality(), (long) endpoint.weight(), Long::sum);
    }
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(set.cluster());
    localities.forEach(
        (locality, endpoints) -> {
          long weight = Math.min(MAX_LOCALITY_WEIGHT, weights.getOrDefault(locality, 1L));
          endpoints.setLoadBalancingWeight(Protos.uint((int) weight));
          assignment.addEndpoints(endpoints);
        });
    return assignment.build();
  }

  private static LbEndpoint lbEndpoint(MeshEndpoint endpoint) {
    return LbEndpoint.newBuilder()
        .setEndpoint(Endpoint.newBuilder().setAddress(address(endpoint.address(), endpoint.port())))
        .setHealthStatus(health(endpoint.health()))
        .setLoadBalancingWeight(Protos.uint(endpoint.weight()))
        .setMetadata(
            Protos.metadata(
                Struct.newBuilder()
                    .putFields("instance", Protos.text(endpoint.instance()))
                    .putFields("labels", Protos.struct(endpoint.labels()))
                    .putFields("namespace", Protos.text(endpoint.namespace()))
                    .putFields(
                        "version", Protos.text(endpoint.labels().getOrDefault("version", "")))
                    .putFields("workload", Protos.text(endpoint.workload()))
                    .build()))
        .build();
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

package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import java.util.List;

/**
 * Where a route's requests go. An invalid backend keeps its share: our clients answer it with the
 * status in the typed config, stock gRPC finds a cluster without endpoints (UNAVAILABLE), and
 * Envoy, which does not get that cluster, answers with {@code cluster_not_found_response_code}.
 */
final class DestinationResources {
  private DestinationResources() {}

  static void apply(List<Backend> backends, RouteAction.Builder action, CapabilityClass clients) {
    if (backends.size() == 1
        && backends.get(0) instanceof Backend.Valid only
        && only.headers().equals(HeaderEdits.NONE)) {
      action.setCluster(only.cluster());
      return;
    }
    WeightedCluster.Builder split = WeightedCluster.newBuilder();
    int total = 0;
    for (Backend backend : backends) {
      total += backend.weight();
      split.addClusters(weighted(backend, clients));
      if (backend instanceof Backend.Invalid invalid && invalid.status() == 500) {
        action.setClusterNotFoundResponseCode(
            RouteAction.ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);
      }
    }
    setTotal(split, total);
    action.setWeightedClusters(split);
  }

  private static WeightedCluster.ClusterWeight weighted(Backend backend, CapabilityClass clients) {
    WeightedCluster.ClusterWeight.Builder cluster =
        WeightedCluster.ClusterWeight.newBuilder().setWeight(Protos.uint(backend.weight()));
    if (backend instanceof Backend.Valid valid) {
      cluster.setName(valid.cluster());
      HeaderResources.apply(valid.headers(), cluster);
    } else if (backend instanceof Backend.Invalid invalid) {
      cluster.setName(Names.INVALID_BACKEND);
      if (clients == CapabilityClass.INMESH) {
        cluster.putTypedPerFilterConfig(
            OwnExtensions.FIXED_STATUS,
            OwnExtensions.fixedStatus(invalid.status(), invalid.reason()));
      }
    }
    return cluster.build();
  }

  /** Older gRPC clients expect a sum of 100 unless told. */
  @SuppressWarnings("deprecation")
  private static void setTotal(WeightedCluster.Builder split, int total) {
    split.setTotalWeight(Protos.uint(total));
  }
}

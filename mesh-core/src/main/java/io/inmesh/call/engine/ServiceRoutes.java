package io.inmesh.call.engine;

import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.route.RouteTable;
import java.util.HashMap;
import java.util.Map;

/** A client listener, compiled. Immutable. */
final class ServiceRoutes {
  final ClientListener model;
  final RouteTable<RoutePlan> table;

  ServiceRoutes(ClientListener model, FilterRegistry filters) {
    this.model = model;
    try {
      this.table =
          new RouteTable<>(
              model.routes(), (host, route) -> new RoutePlan(model, host, route, filters));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("listener '" + model.name() + "', " + e.getMessage(), e);
    }
  }

  /** Every cluster that some route may choose and that exists. */
  Map<String, Cluster> clusters(CompiledMesh mesh) {
    Map<String, Cluster> found = new HashMap<>();
    for (VirtualHost host : model.routes().virtualHosts()) {
      for (Route route : host.routes()) {
        if (route.action() instanceof RouteAction.Forward forward) {
          for (WeightedCluster share : forward.clusters()) {
            ClusterRuntime cluster = mesh.clusters.get(share.cluster());
            if (cluster != null) {
              found.put(share.cluster(), cluster.model);
            }
          }
        }
      }
    }
    return Map.copyOf(found);
  }
}

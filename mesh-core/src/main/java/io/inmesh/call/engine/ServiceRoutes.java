package io.inmesh.call.engine;

import io.inmesh.filter.FilterPool;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.filter.Side;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.Mirror;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.route.RouteTable;
import io.inmesh.telemetry.AccessLogs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client listener, compiled. Immutable. */
final class ServiceRoutes {
  final ClientListener model;
  final RouteTable<RoutePlan> table;

  /** What is written of calls that end; null: nothing. */
  final @Nullable AccessLogs accessLogs;

  private final FilterPool filters;
  private final HedgePool hedges;

  /**
   * Compiles.
   *
   * @param before the listener's previous version, whose filters and hedges go on; null: there was
   *     none
   */
  ServiceRoutes(
      ClientListener model,
      FilterRegistry registry,
      Extensions extensions,
      @Nullable ServiceRoutes before) {
    this.model = model;
    AccessLogs logs = AccessLogs.of(model.accessLogs());
    this.accessLogs = logs;
    this.filters = new FilterPool(registry, Side.CLIENT, before == null ? null : before.filters);
    this.hedges = new HedgePool(before == null ? null : before.hedges);
    try {
      this.table =
          new RouteTable<>(
              model.routes(),
              (host, route) ->
                  new RoutePlan(model, host, route, filters, hedges, extensions, logs));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("listener '" + model.name() + "', " + e.getMessage(), e);
    }
  }

  /** Every cluster that some route may choose and that exists. */
  Map<String, Cluster> clusters(CompiledMesh mesh) {
    Map<String, Cluster> found = new HashMap<>();
    add(model.routes().mirrors(), mesh, found);
    for (VirtualHost host : model.routes().virtualHosts()) {
      add(host.mirrors(), mesh, found);
      for (Route route : host.routes()) {
        if (route.action() instanceof RouteAction.Forward forward) {
          add(forward.mirrors(), mesh, found);
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

  private static void add(List<Mirror> mirrors, CompiledMesh mesh, Map<String, Cluster> to) {
    for (Mirror mirror : mirrors) {
      ClusterRuntime cluster = mesh.clusters.get(mirror.cluster());
      if (cluster != null) {
        to.put(mirror.cluster(), cluster.model);
      }
    }
  }
}

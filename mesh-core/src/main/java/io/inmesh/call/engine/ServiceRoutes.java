package io.inmesh.call.engine;

import io.inmesh.model.ClientListener;
import io.inmesh.route.RouteTable;

/** A client listener, compiled. Immutable. */
final class ServiceRoutes {
  final ClientListener model;
  final RouteTable<RoutePlan> table;

  ServiceRoutes(ClientListener model) {
    this.model = model;
    try {
      this.table =
          new RouteTable<>(model.routes(), (host, route) -> new RoutePlan(model, host, route));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("listener '" + model.name() + "', " + e.getMessage(), e);
    }
  }
}

package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.filter.FilterPool;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.filter.HeaderFilter;
import io.inmesh.filter.Side;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import io.inmesh.route.BareHead;
import io.inmesh.route.RouteTable;
import io.inmesh.telemetry.AccessLogs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server listener, compiled. Immutable. */
final class ServerRuntime {
  final ServerListener model;

  /** What is written of requests that end; null: nothing. */
  final @Nullable AccessLogs accessLogs;

  private final @Nullable RouteTable<ServerPlan> table;
  private final ServerPlan open;

  private final FilterPool filters;

  /**
   * Compiles.
   *
   * @param before the listener's previous version, whose filters go on; null: there was none
   */
  ServerRuntime(ServerListener model, FilterRegistry registry, @Nullable ServerRuntime before) {
    this.model = model;
    this.accessLogs = AccessLogs.of(model.accessLogs());
    this.filters = new FilterPool(registry, Side.SERVER, before == null ? null : before.filters);
    RouteConfig routes = model.routes();
    try {
      this.open =
          new ServerPlan(
              null,
              filters.compile(
                  model.filters(), HeaderFilter.of(routes.headers()), List.of(routes.filters())));
      this.table =
          routes.virtualHosts().isEmpty()
              ? null
              : new RouteTable<>(
                  routes,
                  BareHead::named,
                  (host, route) ->
                      new ServerPlan(
                          route,
                          filters.compile(
                              model.filters(),
                              HeaderFilter.of(route.headers(), host.headers(), routes.headers()),
                              List.of(route.filters(), host.filters(), routes.filters()))));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "server listener for port " + model.port() + ", " + e.getMessage(), e);
    }
  }

  /** The plan for a request; null: it has routes and none matches. */
  @Nullable ServerPlan find(RequestHead head, Randomness random) {
    if (table == null) {
      return open;
    }
    return table.find(BareHead.of(head), random);
  }
}

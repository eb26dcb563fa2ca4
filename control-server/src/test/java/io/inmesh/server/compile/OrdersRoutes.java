package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.service;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.Resource;
import io.inmesh.server.registry.RegistrySnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HTTPRoutes of the Service orders of a shop, and what is compiled of them. */
final class OrdersRoutes {
  private OrdersRoutes() {}

  static Resource<HttpRouteSpec> route(BackendRef... backends) {
    return httpRoute("shop", "r", parent("shop", "orders"), rule(List.of(any()), backends));
  }

  static Resource<HttpRouteSpec> withTimeouts(
      @Nullable Duration request, @Nullable Duration backendRequest) {
    return httpRoute(
        "shop",
        "r",
        parent("shop", "orders"),
        rule(
            "",
            List.of(any()),
            List.of(),
            new Timeouts(request, backendRequest),
            backend("shop", "orders", 80, 1)));
  }

  static HttpRouteSpec.Rule named(String name, HttpRouteSpec.Match match) {
    return rule(name, List.of(match), List.of(), Timeouts.NONE, backend("shop", "orders", 80, 1));
  }

  /** With the services every test knows. */
  static Compiled compile(Resource<?>... objects) {
    List<Resource<?>> all = new ArrayList<>(List.of(objects));
    all.add(service("shop", "orders", 80));
    all.add(service("shop", "orders-v1", 80));
    all.add(service("shop", "orders-v2", 80));
    all.add(service("other", "billing", 80));
    return Compiled.compile(ConfigSet.of(all), RegistrySnapshot.EMPTY);
  }

  static Route onlyRoute(Compiled compiled) {
    assertThat(compiled.routes(ROUTES)).isNotEmpty();
    return compiled.routes(ROUTES).get(0);
  }
}

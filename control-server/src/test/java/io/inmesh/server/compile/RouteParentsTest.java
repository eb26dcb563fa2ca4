package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.exact;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.prefix;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.service;
import static io.inmesh.server.compile.OrdersRoutes.compile;
import static io.inmesh.server.compile.OrdersRoutes.onlyRoute;
import static io.inmesh.server.compile.OrdersRoutes.route;
import static io.inmesh.server.compile.OrdersService.ORDERS;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersService.codes;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose calls a route is for: its parents, and the namespace of the caller. */
class RouteParentsTest {
  @Test
  void parent_byPortAndSection_attachesThere() {
    Resource<?> twoPorts = service("shop", "pair", 80, 90);
    Compiled compiled =
        compile(
            twoPorts,
            httpRoute(
                "shop", "byPort", parent("shop", "pair", null, 90), rule(List.of(exact("/p")))),
            httpRoute(
                "shop",
                "bySection",
                parent("shop", "pair", "p80", null),
                rule(List.of(exact("/s")))),
            httpRoute(
                "shop", "neither", parent("shop", "pair", "p80", 90), rule(List.of(exact("/n")))));

    assertThat(compiled.routes("pair.shop.svc.cluster.local:90"))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute shop/byPort#0");
    assertThat(compiled.routes("pair.shop.svc.cluster.local:80"))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute shop/bySection#0");
    assertThat(compiled.findings())
        .filteredOn(f -> String.valueOf(f.resource()).equals("HTTPRoute shop/neither"))
        .extracting(Finding::code)
        .contains(FindingCode.PARENT_PORT_NOT_FOUND, FindingCode.ROUTE_WITHOUT_PARENT);
  }

  @Test
  void parentThatDoesNotExist_isReported() {
    assertThat(
            codes(compile(httpRoute("shop", "x", parent("shop", "nobody"), rule(List.of(any()))))))
        .contains(FindingCode.PARENT_NOT_FOUND, FindingCode.ROUTE_WITHOUT_PARENT);
  }

  @Test
  void consumerRoute_isForItsNamespaceOnly_andReplacesTheProducers() {
    Compiled compiled =
        compile(
            route(backend("shop", "orders-v1", 80, 1)),
            httpRoute(
                "web",
                "mine",
                parent("shop", "orders"),
                rule(List.of(prefix("/mine")), backend("shop", "orders", 80, 1))));

    assertThat(compiled.seenBy(CapabilityClass.INMESH, "web").routes(ROUTES))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute web/mine#0");
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "web").routes(ROUTES))
        .extracting(Route::getName)
        .containsOnly("HTTPRoute web/mine#0");
    for (String namespace : List.of("shop", "other")) {
      assertThat(compiled.seenBy(CapabilityClass.INMESH, namespace).routes(ROUTES))
          .extracting(Route::getName)
          .containsExactly("HTTPRoute shop/r#0");
    }
    assertThat(onlyRoute(compiled.seenBy(CapabilityClass.INMESH, "web")).getRoute().getCluster())
        .as("the parent itself needs no grant")
        .isEqualTo(ORDERS);
    assertThat(compiled.findings()).noneMatch(Finding::isError);
  }
}

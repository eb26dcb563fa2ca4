package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.grpcRoute;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.is;
import static io.inmesh.server.compile.ConfigObjects.match;
import static io.inmesh.server.compile.ConfigObjects.method;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.prefix;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.OrdersRoutes.compile;
import static io.inmesh.server.compile.OrdersRoutes.named;
import static io.inmesh.server.compile.OrdersRoutes.onlyRoute;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.PathMatch;
import io.inmesh.server.config.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the conditions of a rule are said to each kind of client. */
class RouteMatchesTest {
  @Test
  void prefix_matchesWholeSegments_inEveryDialect() {
    Compiled compiled = compile(routeFor(prefix("/api/")));

    assertThat(onlyRoute(compiled).getMatch().getPathSeparatedPrefix()).isEqualTo("/api");
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").routes(ROUTES))
        .extracting(r -> r.getMatch().getPath(), r -> r.getMatch().getPrefix())
        .containsExactly(tuple("/api", ""), tuple("", "/api/"));
  }

  @Test
  void allConditionsOfAMatch_areSent() {
    RouteMatch match =
        onlyRoute(
                compile(
                    routeFor(
                        match(
                            new PathMatch(PathMatch.Type.REGULAR_EXPRESSION, "/a/[0-9]+"),
                            "DELETE",
                            List.of(is("X-Env", "Canary")),
                            List.of(is("Q", "1"))))))
            .getMatch();

    assertThat(match.getSafeRegex().getRegex()).isEqualTo("/a/[0-9]+");
    assertThat(match.getHeadersList())
        .extracting(h -> h.getName(), h -> h.getStringMatch().getExact())
        .containsExactly(tuple(":method", "DELETE"), tuple("x-env", "Canary"));
    assertThat(match.getQueryParametersList())
        .extracting(q -> q.getName(), q -> q.getStringMatch().getExact())
        .containsExactly(tuple("Q", "1"));
  }

  @SuppressWarnings("deprecation")
  @Test
  void stockGrpc_getsOnlyRoutesThatCanMatchGrpc() {
    PathMatch path = PathMatch.ANY;
    Compiled grpc =
        compile(
                httpRoute(
                    "shop",
                    "r",
                    parent("shop", "orders"),
                    named("get", match(path, "GET", List.of(), List.of())),
                    named("post", match(path, "POST", List.of(), List.of())),
                    named("query", match(path, null, List.of(), List.of(is("q", "1")))),
                    named("odd", match(path, null, List.of(is("x!y", "1")), List.of())),
                    named("binary", match(path, null, List.of(is("x-bin", "1")), List.of())),
                    named("header", match(path, null, List.of(is("X-Env", "1")), List.of()))))
            .seenBy(CapabilityClass.GRPC, "shop");

    assertThat(grpc.routes(ROUTES))
        .extracting(Route::getName, r -> r.getMatch().getHeadersCount())
        .containsExactly(tuple("HTTPRoute shop/r#post", 0), tuple("HTTPRoute shop/r#header", 1));
    assertThat(grpc.routes(ROUTES).get(1).getMatch().getHeaders(0).getExactMatch()).isEqualTo("1");
  }

  @Test
  void grpcMethods_becomePaths() {
    Compiled compiled =
        compile(
            grpcRoute(
                "shop",
                "g",
                parent("shop", "orders"),
                List.of(method("a.B", "Get"), method("a.B", null), method(null, "Get")),
                backend("shop", "orders", 80, 1)));

    assertThat(compiled.routes(ROUTES))
        .extracting(
            r -> r.getMatch().getPath(),
            r -> r.getMatch().getPrefix(),
            r -> r.getMatch().getSafeRegex().getRegex())
        .containsExactly(
            tuple("/a.B/Get", "", ""), tuple("", "/a.B/", ""), tuple("", "", "/[^/]+/Get"));
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "x").routes(ROUTES))
        .isEqualTo(compiled.routes(ROUTES));
  }

  private static Resource<HttpRouteSpec> routeFor(HttpRouteSpec.Match match) {
    return httpRoute(
        "shop",
        "r",
        parent("shop", "orders"),
        rule(List.of(match), backend("shop", "orders", 80, 1)));
  }
}

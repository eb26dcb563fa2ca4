package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.created;
import static io.inmesh.server.compile.ConfigObjects.exact;
import static io.inmesh.server.compile.ConfigObjects.grpcRoute;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.is;
import static io.inmesh.server.compile.ConfigObjects.match;
import static io.inmesh.server.compile.ConfigObjects.method;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.prefix;
import static io.inmesh.server.compile.ConfigObjects.regex;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.service;
import static io.inmesh.server.compile.OrdersRoutes.named;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.PathMatch;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gateway API's order of matches, within a route and across routes, whatever the order of objects.
 */
class PrecedenceTest {
  private static final String TABLE = "orders.shop.svc.cluster.local:80";
  private static final PathMatch AT_A = new PathMatch(PathMatch.Type.PATH_PREFIX, "/a");

  /** Each pair: the first goes before the second, whichever is written first. */
  static Stream<Arguments> httpPairs() {
    return Stream.of(
        Arguments.of("exact before longer prefix", exact("/a"), prefix("/a/b/c")),
        Arguments.of(
            "exact before prefix with everything else",
            exact("/a"),
            match(AT_A, "GET", List.of(is("x", "1"), is("y", "2")), List.of(is("q", "1")))),
        Arguments.of("longer prefix before shorter", prefix("/a/b"), prefix("/a")),
        Arguments.of(
            "longer prefix before method",
            prefix("/a/b"),
            match(AT_A, "GET", List.of(), List.of())),
        Arguments.of("regex before prefix", regex("/a.*"), prefix("/aaaaaaaaaa")),
        Arguments.of("exact before regex", exact("/a"), regex("/aaaaaaaaaaaaaaaa")),
        Arguments.of("longer regex before shorter", regex("/a/[0-9]+"), regex("/a.*")),
        Arguments.of(
            "method before headers",
            match(AT_A, "GET", List.of(), List.of()),
            match(AT_A, null, List.of(is("x", "1"), is("y", "2")), List.of())),
        Arguments.of(
            "more headers before fewer",
            match(AT_A, "GET", List.of(is("x", "1"), is("y", "2")), List.of()),
            match(AT_A, "GET", List.of(is("z", "1")), List.of(is("q", "1"), is("r", "2")))),
        Arguments.of(
            "more query parameters before fewer",
            match(AT_A, null, List.of(), List.of(is("q", "1"), is("r", "2"))),
            match(AT_A, null, List.of(), List.of(is("s", "1")))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("httpPairs")
  void moreSpecificMatch_goesFirst_inOneRouteAndAcrossRoutes(
      String what, HttpRouteSpec.Match first, HttpRouteSpec.Match second) {
    for (List<HttpRouteSpec.Match> written :
        List.of(List.of(first, second), List.of(second, first))) {
      assertThat(
              order(
                  httpRoute(
                      "shop",
                      "r",
                      parent("shop", "orders"),
                      named(written.get(0).equals(first) ? "first" : "second", written.get(0)),
                      named(written.get(1).equals(first) ? "first" : "second", written.get(1)))))
          .as(what)
          .containsExactly("HTTPRoute shop/r#first", "HTTPRoute shop/r#second");
      assertThat(
              order(
                  httpRoute("shop", "a", parent("shop", "orders"), named("x", written.get(0))),
                  httpRoute("shop", "b", parent("shop", "orders"), named("x", written.get(1)))))
          .as(what + " across routes")
          .first()
          .isEqualTo(written.get(0).equals(first) ? "HTTPRoute shop/a#x" : "HTTPRoute shop/b#x");
    }
  }

  static Stream<Arguments> grpcPairs() {
    return Stream.of(
        Arguments.of(
            "method of a service before the service", method("a.B", "Get"), method("a.B", null)),
        Arguments.of("longer service first", method("a.BC", null), method("a.B", "GetEverything")),
        Arguments.of("service before any", method("a.B", null), anyMethod()),
        Arguments.of(
            "service before a method of any service", method("a.B", null), method(null, "Get")),
        Arguments.of("longer method first", method("a.B", "GetAll"), method("a.B", "Get")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("grpcPairs")
  void grpcRoute_longerServiceThenLongerMethod_goFirst(
      String what, GrpcRouteSpec.Match first, GrpcRouteSpec.Match second) {
    Resource<GrpcRouteSpec> one =
        grpcRoute("shop", "one", parent("shop", "orders"), List.of(first));
    Resource<GrpcRouteSpec> two =
        grpcRoute("shop", "two", parent("shop", "orders"), List.of(second));
    Resource<GrpcRouteSpec> early =
        grpcRoute("shop", "early", parent("shop", "orders"), List.of(second));

    assertThat(order(one, two))
        .as(what)
        .containsExactly("GRPCRoute shop/one#0", "GRPCRoute shop/two#0");
    assertThat(order(one, early))
        .as(what + ", though its name sorts later")
        .containsExactly("GRPCRoute shop/one#0", "GRPCRoute shop/early#0");
  }

  @Test
  void equalMatches_olderRouteFirst_absentTimeLast_thenName() {
    var a = httpRoute("shop", "a", parent("shop", "orders"), rule(List.of(any())));
    var b = httpRoute("shop", "b", parent("shop", "orders"), rule(List.of(any())));
    var c =
        created(
            httpRoute("shop", "c", parent("shop", "orders"), rule(List.of(any()))),
            "2026-02-01T00:00:00Z");
    var d =
        created(
            httpRoute("shop", "d", parent("shop", "orders"), rule(List.of(any()))),
            "2026-01-01T00:00:00Z");

    assertThat(order(b, c, a, d))
        .containsExactly(
            "HTTPRoute shop/d#0", "HTTPRoute shop/c#0", "HTTPRoute shop/a#0", "HTTPRoute shop/b#0");
  }

  @Test
  void equalMatches_inOneRoute_keepTheOrderOfRules() {
    assertThat(
            order(
                httpRoute(
                    "shop",
                    "r",
                    parent("shop", "orders"),
                    named("one", prefix("/x")),
                    named("two", prefix("/y")),
                    named("three", prefix("/z")))))
        .containsExactly("HTTPRoute shop/r#one", "HTTPRoute shop/r#two", "HTTPRoute shop/r#three");
  }

  @Test
  void grpcRouteAndHttpRouteOnOnePort_grpcWins_otherPortIsUntouched() {
    Compiled compiled =
        compile(
            service("shop", "orders", 80, 90),
            httpRoute("shop", "h", parent("shop", "orders"), rule(List.of(any()))),
            grpcRouteAt90());

    assertThat(names(compiled.routes("orders.shop.svc.cluster.local:90")))
        .containsExactly("GRPCRoute shop/g#0");
    assertThat(names(compiled.routes(TABLE))).containsExactly("HTTPRoute shop/h#0");
    assertThat(compiled.findings())
        .filteredOn(f -> f.code() == FindingCode.ROUTE_CONFLICTED)
        .singleElement()
        .satisfies(f -> assertThat(f.message()).contains("port 90").contains("GRPCRoute shop/g"));
  }

  @Test
  void sameMatchInTwoRoutes_theLoserIsReported() {
    Compiled compiled =
        compile(
            service("shop", "orders", 80),
            httpRoute("shop", "a", parent("shop", "orders"), rule(List.of(prefix("/x")))),
            httpRoute("shop", "b", parent("shop", "orders"), rule(List.of(any(), prefix("/x/")))));

    assertThat(compiled.findings())
        .filteredOn(f -> f.code() == FindingCode.MATCH_UNREACHABLE)
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.resource()).hasToString("HTTPRoute shop/b");
              assertThat(f.pointer()).isEqualTo("/spec/rules/0/matches/1");
              assertThat(f.message()).contains("HTTPRoute shop/a#0");
            });
  }

  @Test
  void order_doesNotDependOnTheOrderOfObjects() {
    List<Resource<?>> objects = new ArrayList<>();
    objects.add(service("shop", "orders", 80));
    List<HttpRouteSpec.Match> matches =
        List.of(
            any(),
            exact("/a"),
            prefix("/a"),
            prefix("/b"),
            regex("/c.*"),
            match(AT_A, "GET", List.of(is("x", "1")), List.of()),
            match(AT_A, null, List.of(), List.of(is("q", "1"))));
    for (int i = 0; i < 12; i++) {
      objects.add(
          httpRoute(
              "shop",
              "r" + i,
              parent("shop", "orders"),
              rule(
                  List.of(
                      matches.get(i % matches.size()),
                      matches.get((i * 5 + 1) % matches.size())))));
    }
    List<String> expected = names(compile(objects.toArray(Resource<?>[]::new)).routes(TABLE));
    Random random = new Random(7);
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(objects, random);
      assertThat(names(compile(objects.toArray(Resource<?>[]::new)).routes(TABLE)))
          .isEqualTo(expected);
    }
  }

  @Test
  void findings_areTheSameWhateverTheOrderOfObjects() {
    List<Resource<?>> objects =
        List.of(
            service("shop", "orders", 80),
            httpRoute(
                "shop",
                "a",
                parent("shop", "orders"),
                rule(List.of(any()), backend("shop", "x", 1, 1))),
            httpRoute("shop", "b", parent("shop", "orders"), rule(List.of(any(), regex("/.*")))),
            httpRoute("shop", "c", parent("shop", "gone"), rule(List.of(any()))));
    List<Finding> expected =
        Compiled.compile(ConfigSet.of(objects), RegistrySnapshot.EMPTY).findings();
    List<Resource<?>> reversed = new ArrayList<>(objects);
    Collections.reverse(reversed);

    assertThat(Compiled.compile(ConfigSet.of(reversed), RegistrySnapshot.EMPTY).findings())
        .isEqualTo(expected)
        .isNotEmpty();
  }

  private static Resource<GrpcRouteSpec> grpcRouteAt90() {
    return grpcRoute(
        "shop",
        "g",
        parent("shop", "orders", null, 90),
        List.of(anyMethod()),
        backend("shop", "orders", 90, 1));
  }

  private static GrpcRouteSpec.Match anyMethod() {
    return new GrpcRouteSpec.Match(null, List.of(), Provenance.UNKNOWN);
  }

  private static List<String> order(Resource<?>... routes) {
    List<Resource<?>> objects = new ArrayList<>(Arrays.asList(routes));
    objects.add(service("shop", "orders", 80));
    return names(compile(objects.toArray(Resource<?>[]::new)).routes(TABLE));
  }

  private static List<String> names(List<Route> routes) {
    return routes.stream().map(Route::getName).toList();
  }

  private static Compiled compile(Resource<?>... objects) {
    return Compiled.compile(ConfigSet.of(List.of(objects)), RegistrySnapshot.EMPTY);
  }
}

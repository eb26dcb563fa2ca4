package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.config.Finding;
import java.util.List;

/** RT-01 … RT-07, RT-12. */
class RoutingTest {
  private static final String V1 = "backendRefs: [{name: orders-v1, port: 80}]";
  private static final String V2 = "backendRefs: [{name: orders-v2, port: 80}]";

  /** A caller of {@code orders}, whose v1 and v2 have an instance each. */
  private static Caller twoVersions(World world, String... documents) throws Exception {
    String[] all = new String[documents.length + 1];
    all[0] = versions("orders", "v1", "v2");
    System.arraycopy(documents, 0, all, 1, documents.length);
    world.config(all);
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    return world.client("web");
  }

  @OverEveryTransport(also = Transport.SPRING)
  void serviceName_shortOrFull_leadsToTheService(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (String name :
        List.of("orders", "orders:80", "orders.default", "orders.default.svc.cluster.local")) {
      assertThat(web.get(name + "/shop.Orders/Get")).isOk().isFrom("v1");
    }
    assertThat(orders.requests()).extracting(Seen::path).containsOnly("/shop.Orders/Get");
  }

  @OverEveryTransport
  void serviceName_unknown_failsClearlyWithinTheDeadline(World world) throws Exception {
    Answer answer = world.client("web").get("nowhere/shop.Orders/Get");
    assertThat(answer).failedWith(Reason.NO_SUCH_SERVICE);
    assertThat(answer.message()).contains("nowhere");
  }

  @OverEveryTransport
  void hostOutsideTheMesh_isRefused(World world) throws Exception {
    assertThat(world.client("web").get("example.com/shop.Orders/Get"))
        .failedWith(Reason.EGRESS_DENIED);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void path_exactBeatsLongestPrefixBeatsRegex(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - %1$s
                - matches: [{path: {type: RegularExpression, value: "/shop[.]Reg.*"}}]
                  %2$s
                - matches: [{path: {value: /shop.Orders}}]
                  %1$s
                - matches: [{path: {type: Exact, value: /shop.Orders/Get}}]
                  %2$s
                - matches: [{path: {value: /shop.Orders/v2}}]
                  %2$s
                """
                    .formatted(V1, V2)));
    assertThat(web.get("orders/other.Service/Get")).isFrom("v1");
    assertThat(web.get("orders/shop.Regular/Get")).isFrom("v2");
    assertThat(web.get("orders/shop.Orders/Put")).isFrom("v1");
    assertThat(web.get("orders/shop.Orders/Get")).isFrom("v2");
    assertThat(web.get("orders/shop.Orders/v2/deep")).isFrom("v2");
  }

  @OverEveryTransport
  void pathPrefix_matchesWholeSegments(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - %s
                - matches: [{path: {value: /shop.Orders}}]
                  %s
                """
                    .formatted(V1, V2)));
    assertThat(web.get("orders/shop.Orders/Get")).isFrom("v2");
    assertThat(web.get("orders/shop.OrdersArchive/Get")).isFrom("v1");
  }

  @OverEveryTransport
  void noRule_matches_isNotFound(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - matches: [{path: {type: Exact, value: /shop.Orders/Get}}]
                  %s
                """
                    .formatted(V1)));
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(web.get("orders/shop.Orders/Put")).isLocal(404);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void header_exactOrRegex_allMustMatch(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - %s
                - matches:
                  - headers:
                    - {name: X-User, value: beta}
                    - {name: x-build, type: RegularExpression, value: "[0-9]+"}
                  %s
                """
                    .formatted(V1, V2)));
    Request get = Request.get("orders/shop.Orders/Get");
    assertThat(web.call(get.header("x-user", "beta").header("x-build", "42"))).isFrom("v2");
    assertThat(web.call(get.header("x-user", "beta").header("x-build", "42b"))).isFrom("v1");
    assertThat(web.call(get.header("x-user", "Beta").header("x-build", "42"))).isFrom("v1");
    assertThat(web.call(get.header("x-build", "42"))).isFrom("v1");
  }

  /** All gRPC is POST. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C})
  void method_decides(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - %s
                - matches: [{method: POST}]
                  %s
                """
                    .formatted(V1, V2)));
    assertThat(web.get("orders/shop.Orders/Get")).isFrom("v1");
    assertThat(web.post("orders/shop.Orders/Get")).isFrom("v2");
  }

  /** gRPC has no query. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C})
  void query_firstOccurrenceDecides(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - %s
                - matches: [{queryParams: [{name: user, value: beta}]}]
                  %s
                """
                    .formatted(V1, V2)));
    assertThat(web.get("orders/shop.Orders/Get?a=1&user=beta")).isFrom("v2");
    assertThat(web.get("orders/shop.Orders/Get?user=beta&user=other")).isFrom("v2");
    assertThat(web.get("orders/shop.Orders/Get?user=other&user=beta")).isFrom("v1");
    assertThat(web.get("orders/shop.Orders/Get")).isFrom("v1");
  }

  @OverEveryTransport(
      only = {
        Transport.GRPC,
        Transport.GRPC_STREAM,
        Transport.GRPC_CLIENT_STREAM,
        Transport.GRPC_BIDI
      })
  void grpcMethod_decides(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: GRPCRoute
            metadata: {name: orders}
            spec:
              parentRefs: [{group: "", kind: Service, name: orders}]
              rules:
              - %1$s
              - matches: [{method: {service: shop.Orders, method: Get}}]
                %2$s
              - matches: [{method: {service: shop.Archive}}]
                %2$s
            """
                .formatted(V1, V2));
    assertThat(web.get("orders/shop.Orders/Get")).isFrom("v2");
    assertThat(web.get("orders/shop.Orders/get")).isFrom("v1");
    assertThat(web.get("orders/shop.Archive/Anything")).isFrom("v2");
  }

  @OverEveryTransport(also = Transport.SPRING)
  void weights_areShares(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            route(
                "orders",
                """
                - backendRefs: [{name: orders-v1, port: 80, weight: 3}, {name: orders-v2, port: 80}]
                """));
    Tally tally = web.get("orders/shop.Orders/Get", 400);
    assertThat(tally.failures()).isEmpty();
    // Six standard deviations.
    assertThat(tally.share("v2")).isCloseTo(0.25, within(0.13));
  }

  @OverEveryTransport
  void weight_ofABackendThatDoesNotExist_isAnsweredWith500(World world) throws Exception {
    world.expectWarning("BACKEND_NOT_FOUND|orders-v9");
    List<Finding> findings =
        world.tryConfig(
            versions("orders", "v1"),
            route(
                "orders",
                """
                - backendRefs: [{name: orders-v1, port: 80}, {name: orders-v9, port: 80}]
                """));
    assertThat(findings).extracting(Finding::toString).anyMatch(text -> text.contains("orders-v9"));
    world.serve("orders", ok());
    Tally tally = world.client("web").get("orders/shop.Orders/Get", 200);
    assertThat(tally.share("v1")).isCloseTo(0.5, within(0.2));
    assertThat(tally.failures()).allSatisfy(answer -> assertThat(answer).isLocal(500));
  }

  @OverEveryTransport
  void canary_isShiftedUnderLoad_withoutAFailedCall(World world) throws Exception {
    String split =
        "- backendRefs: [{name: orders-v1, port: 80, weight: %d}, {name: orders-v2, port: 80,"
            + " weight: %d}]";
    String services = versions("orders", "v1", "v2");
    Caller web = twoVersions(world, route("orders", split.formatted(100, 0)));
    assertThat(web.get("orders/shop.Orders/Get", 20).share("v1")).isEqualTo(1);

    world.config(services, route("orders", split.formatted(50, 50)));
    Tally half = web.get("orders/shop.Orders/Get", 100);
    assertThat(half.failures()).isEmpty();
    assertThat(half.share("v2")).isCloseTo(0.5, within(0.3));

    world.config(services, route("orders", split.formatted(0, 100)));
    assertThat(web.get("orders/shop.Orders/Get", 20).share("v2")).isEqualTo(1);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void requestHeaders_areChangedByRuleAndByBackend(World world) throws Exception {
    world.config(
        versions("orders", "v1"),
        route(
            "orders",
            """
            - filters:
              - type: RequestHeaderModifier
                requestHeaderModifier:
                  set: [{name: x-set, value: rule}, {name: x-both, value: rule}]
                  add: [{name: x-add, value: more}]
                  remove: [x-secret]
              backendRefs:
              - name: orders-v1
                port: 80
                filters:
                - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-backend, value: v1}]}}
            """));
    Instance orders = world.serve("orders", ok());
    assertThat(
            world
                .client("web")
                .call(
                    Request.get("orders/shop.Orders/Get")
                        .header("x-set", "caller")
                        .header("x-add", "caller")
                        .header("x-secret", "1")
                        .header("x-kept", "1")))
        .isOk();
    Seen seen = orders.lastRequest();
    assertThat(seen.header("x-set")).isEqualTo("rule");
    assertThat(seen.header("x-add")).isEqualTo("caller,more");
    assertThat(seen.header("x-backend")).isEqualTo("v1");
    assertThat(seen.header("x-kept")).isEqualTo("1");
    assertThat(seen.headers()).doesNotContainKey("x-secret");
  }

  @OverEveryTransport(also = Transport.SPRING)
  void responseHeaders_areChanged(World world) throws Exception {
    world.config(
        versions("orders", "v1"),
        route(
            "orders",
            """
            - filters:
              - type: ResponseHeaderModifier
                responseHeaderModifier:
                  set: [{name: x-set, value: mesh}]
                  add: [{name: x-add, value: mesh}]
                  remove: [x-internal]
              backendRefs: [{name: orders-v1, port: 80}]
            """));
    Behaviour talkative =
        ok().with("x-set", "server").with("x-add", "server").with("x-internal", "1");
    world.serve("orders", talkative);
    assertThat(world.client("web").get("orders/shop.Orders/Get"))
        .isOk()
        .hasHeader("x-set", "mesh")
        .hasHeader("x-add", "server,mesh")
        .lacksHeader("x-internal");
  }
}

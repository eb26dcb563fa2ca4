package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.grant;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.OrdersRoutes.compile;
import static io.inmesh.server.compile.OrdersRoutes.onlyRoute;
import static io.inmesh.server.compile.OrdersRoutes.route;
import static io.inmesh.server.compile.OrdersService.codes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import io.inmesh.wire.route.v1.FixedStatus;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a rule sends requests, and what its filters do to them on the way. */
class RouteBackendsTest {
  private static final String V1 = "outbound|80||orders-v1.shop.svc.cluster.local";
  private static final String V2 = "outbound|80||orders-v2.shop.svc.cluster.local";

  @ParameterizedTest
  @EnumSource(CapabilityClass.class)
  void weights_areKeptAsWritten_andZeroTakesNothing(CapabilityClass clients) {
    RouteAction action =
        onlyRoute(
                compile(
                        route(
                            backend("shop", "orders-v1", 80, 9),
                            backend("shop", "orders", 80, 0),
                            backend("shop", "orders-v2", 80, 1)))
                    .seenBy(clients, "shop"))
            .getRoute();

    assertThat(action.getWeightedClusters().getClustersList())
        .extracting(ClusterWeight::getName, c -> c.getWeight().getValue())
        .containsExactly(tuple(V1, 9), tuple(V2, 1));
  }

  @Test
  void oneBackend_isAPlainCluster() {
    assertThat(
            onlyRoute(compile(route(backend("shop", "orders-v1", 80, 7)))).getRoute().getCluster())
        .isEqualTo(V1);
  }

  static Stream<BackendRef> invalidBackends() {
    return Stream.of(
        backend("shop", "nowhere", 80, 1),
        backend("shop", "orders-v2", 81, 1),
        backend("other", "billing", 80, 1),
        new BackendRef(
            "example.com", "Bucket", "shop", "b", null, 1, List.of(), Provenance.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("invalidBackends")
  void invalidBackend_keepsItsShare_answeredWith500_andIsReported(BackendRef invalid)
      throws Exception {
    Compiled compiled = compile(route(backend("shop", "orders-v1", 80, 1), invalid));

    List<ClusterWeight> ours =
        onlyRoute(compiled).getRoute().getWeightedClusters().getClustersList();
    assertThat(ours)
        .extracting(ClusterWeight::getName)
        .containsExactly(V1, "inmesh.invalid-backend");
    assertThat(ours).extracting(c -> c.getWeight().getValue()).containsExactly(1, 1);
    assertThat(fixedStatus(ours.get(0))).isNull();
    assertThat(fixedStatus(ours.get(1))).extracting(FixedStatus::getHttpStatus).isEqualTo(500);

    Compiled grpc = compiled.seenBy(CapabilityClass.GRPC, "shop");
    assertThat(onlyRoute(grpc).getRoute().getWeightedClusters().getClustersList())
        .extracting(ClusterWeight::getName, ClusterWeight::getTypedPerFilterConfigCount)
        .containsExactly(tuple(V1, 0), tuple("inmesh.invalid-backend", 0));
    assertThat(grpc.endpoints("inmesh.invalid-backend")).isEmpty();

    Compiled envoy = compiled.seenBy(CapabilityClass.ENVOY, "shop");
    assertThat(envoy.find(XdsType.CLUSTER, "inmesh.invalid-backend")).isNull();
    assertThat(onlyRoute(envoy).getRoute().getClusterNotFoundResponseCode())
        .isEqualTo(RouteAction.ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);

    assertThat(compiled.findings())
        .filteredOn(Finding::isError)
        .singleElement()
        .satisfies(f -> assertThat(f.pointer()).isEqualTo("/spec/rules/0/backendRefs/1"));
  }

  @Test
  void findingOfEachInvalidBackend_saysWhatIsWrong() {
    Compiled compiled =
        compile(
            route(
                backend("shop", "nowhere", 80, 1),
                backend("shop", "orders-v2", 81, 1),
                backend("other", "billing", 80, 1)));

    assertThat(compiled.findings())
        .filteredOn(Finding::isError)
        .extracting(Finding::code, Finding::message)
        .containsExactlyInAnyOrder(
            tuple(FindingCode.BACKEND_NOT_FOUND, "there is no Service shop/nowhere"),
            tuple(
                FindingCode.BACKEND_PORT_NOT_FOUND,
                "Service shop/orders-v2 has no HTTP or gRPC port 81"),
            tuple(
                FindingCode.BACKEND_NOT_GRANTED,
                "no ReferenceGrant in other lets a HTTPRoute of shop name Service other/billing"));
  }

  @Test
  void backendInAnotherNamespace_withGrant_isValid() {
    Compiled compiled = compile(route(backend("other", "billing", 80, 1)), grant("other", "shop"));

    assertThat(onlyRoute(compiled).getRoute().getCluster())
        .isEqualTo("outbound|80||billing.other.svc.cluster.local");
    assertThat(compiled.findings()).noneMatch(Finding::isError);
  }

  @Test
  void noBackendsOrOnlyZeroWeights_answer500() throws Exception {
    for (Resource<HttpRouteSpec> route :
        List.of(route(), route(backend("shop", "orders-v1", 80, 0)))) {
      Compiled compiled = compile(route);

      List<ClusterWeight> clusters =
          onlyRoute(compiled).getRoute().getWeightedClusters().getClustersList();
      assertThat(fixedStatus(clusters.get(0)))
          .extracting(FixedStatus::getHttpStatus)
          .isEqualTo(500);
      assertThat(clusters).hasSize(1);
      assertThat(codes(compiled)).contains(FindingCode.RULE_WITHOUT_BACKEND);
    }
  }

  @Test
  void consumerRoute_withoutBackends_answers500_toItsNamespaceOnly() throws Exception {
    Compiled compiled =
        compile(
            route(backend("shop", "orders-v1", 80, 1)),
            httpRoute("web", "mine", parent("shop", "orders"), rule(List.of(any()))));

    ClusterWeight nowhere =
        onlyRoute(compiled.seenBy(CapabilityClass.INMESH, "web"))
            .getRoute()
            .getWeightedClusters()
            .getClusters(0);
    assertThat(fixedStatus(nowhere)).extracting(FixedStatus::getHttpStatus).isEqualTo(500);
    for (String namespace : List.of("shop", "other")) {
      assertThat(
              onlyRoute(compiled.seenBy(CapabilityClass.INMESH, namespace)).getRoute().getCluster())
          .isEqualTo(V1);
    }
    assertThat(codes(compiled)).contains(FindingCode.RULE_WITHOUT_BACKEND);
  }

  @Test
  void filterThatIsNotServed_refusesTheRulesRequests() {
    Compiled compiled =
        compile(
            httpRoute(
                "shop",
                "r",
                parent("shop", "orders"),
                rule(
                    "",
                    List.of(any()),
                    List.of(
                        new RouteFilter.ExternalAuth(
                            "HTTP",
                            backend("shop", "orders-v1", 80, 1),
                            Map.of(),
                            Provenance.UNKNOWN)),
                    Timeouts.NONE,
                    backend("shop", "orders-v1", 80, 1))));

    assertThat(onlyRoute(compiled).getRoute().getWeightedClusters().getClusters(0).getName())
        .isEqualTo("inmesh.invalid-backend");
    assertThat(codes(compiled)).contains(FindingCode.FILTER_NOT_SERVED);
  }

  @Test
  void headerChanges_areAtRuleAndBackend_lowerCase_andLiteral() {
    HeaderChanges atRule =
        new HeaderChanges(
            List.of(new Header("X-Set", "100%")),
            List.of(new Header("X-Add", "b")),
            List.of("X-Del"));
    HeaderChanges atBackend =
        new HeaderChanges(List.of(new Header("X-Version", "v2")), List.of(), List.of());
    Route route =
        onlyRoute(
            compile(
                httpRoute(
                    "shop",
                    "r",
                    parent("shop", "orders"),
                    rule(
                        "",
                        List.of(any()),
                        List.of(
                            new RouteFilter.RequestHeaders(atRule, Provenance.UNKNOWN),
                            new RouteFilter.ResponseHeaders(atBackend, Provenance.UNKNOWN)),
                        Timeouts.NONE,
                        backend(
                            "shop",
                            "orders-v2",
                            80,
                            1,
                            new RouteFilter.RequestHeaders(atBackend, Provenance.UNKNOWN))))));

    assertThat(route.getRequestHeadersToAddList())
        .extracting(
            h -> h.getHeader().getKey(), h -> h.getHeader().getValue(), h -> h.getAppendAction())
        .containsExactly(
            tuple("x-set", "100%%", HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD),
            tuple("x-add", "b", HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD));
    assertThat(route.getRequestHeadersToRemoveList()).containsExactly("x-del");
    assertThat(route.getResponseHeadersToAdd(0).getHeader().getKey()).isEqualTo("x-version");
    ClusterWeight backend = route.getRoute().getWeightedClusters().getClusters(0);
    assertThat(backend.getName()).isEqualTo(V2);
    assertThat(backend.getRequestHeadersToAdd(0).getHeader().getValue()).isEqualTo("v2");
  }

  private static @Nullable FixedStatus fixedStatus(ClusterWeight cluster)
      throws InvalidProtocolBufferException {
    Any config = cluster.getTypedPerFilterConfigMap().get("inmesh.fixed_status");
    return config == null
        ? null
        : config.unpack(FilterConfig.class).getConfig().unpack(FixedStatus.class);
  }
}

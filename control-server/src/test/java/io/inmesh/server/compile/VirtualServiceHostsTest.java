package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersVirtualServices.TO_ORDERS;
import static io.inmesh.server.compile.OrdersVirtualServices.compile;
import static io.inmesh.server.compile.OrdersVirtualServices.rule;
import static io.inmesh.server.compile.OrdersVirtualServices.virtual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose calls a VirtualService is for: by host, by caller, and where several want the same. */
class VirtualServiceHostsTest {
  @ParameterizedTest
  @CsvSource({
    "orders, true",
    "orders.shop, true",
    "orders.shop.svc, true",
    "orders.shop.svc.cluster.local, true",
    "'*.shop.svc.cluster.local', true",
    "'*.other.svc.cluster.local', false",
  })
  void hosts_short_full_andWildcard(String host, boolean applies) {
    Compiled compiled =
        compile(
            virtual(
                "vs",
                "shop",
                "hosts: ['" + host + "']\nhttp: [{route: [{destination: {host: next}}]}]"));
    assertThat(compiled.routes(ROUTES).get(0).getRoute().getCluster().contains("next"))
        .isEqualTo(applies);
  }

  @Test
  void exportTo_itsOwnNamespace_leavesOthersAlone() {
    Compiled compiled =
        compile(
            virtual(
                "vs",
                "other",
                """
                hosts: [orders.shop.svc.cluster.local]
                exportTo: ['.']
                http: [{route: [{destination: {host: far}}]}]
                """));
    assertThat(clusterSeenFrom(compiled, "other")).contains("far");
    assertThat(clusterSeenFrom(compiled, "shop")).contains("orders");
  }

  @Test
  void sourceNamespace_isDecidedForEachNamespace() {
    Compiled compiled =
        compile(
            rule(
                """
                match: [{sourceNamespace: other}]
                route: [{destination: {host: next}}]
                """));
    assertThat(clusterSeenFrom(compiled, "other")).contains("next");
    assertThat(compiled.seenBy(CapabilityClass.INMESH, "shop").routes(ROUTES)).isEmpty();
  }

  @Test
  void sourceLabels_areDecidedForEachWorkload() {
    Compiled compiled =
        compile(
            registry(
                instance("shop", "web", "a").at("10.0.0.1").version("v1"),
                instance("shop", "web", "b").at("10.0.0.2").version("v2")),
            virtual(
                "vs",
                "shop",
                """
                hosts: [orders]
                http:
                - match: [{sourceLabels: {version: v2}}]
                  route: [{destination: {host: next}}]
                - route: [{destination: {host: orders}}]
                """));
    assertThat(compiled.routes(ROUTES)).hasSize(1);
    List<XdsKey> ofWorkloads =
        compiled.resources().keySet().stream()
            .filter(key -> key.name().equals(ROUTES) && !key.view().workload().isEmpty())
            .toList();
    assertThat(ofWorkloads).hasSize(1).allMatch(key -> key.view().workload().contains("v2"));
  }

  @Test
  void twoOnOneHost_theOlderWins_andTheOtherIsReported() {
    Compiled compiled =
        compile(
            virtual("b", "shop", "hosts: [orders]\nhttp: [{route: [{destination: {host: next}}]}]"),
            virtual(
                "a", "shop", "hosts: [orders]\nhttp: [{route: [{destination: {host: orders}}]}]"));
    assertThat(compiled.routes(ROUTES).get(0).getName()).isEqualTo("VirtualService shop/a#0");
    assertThat(compiled.problems())
        .extracting(Finding::code, f -> String.valueOf(f.resource()), Finding::line)
        .containsExactly(
            tuple(FindingCode.VIRTUAL_SERVICE_CONFLICTED, "VirtualService shop/b", 23));
  }

  @Test
  void exactHost_goesBeforeAWildcard_withoutAConflict() {
    Compiled compiled =
        compile(
            virtual(
                "a",
                "shop",
                "hosts: ['*.shop.svc.cluster.local']\n"
                    + "http: [{route: [{destination: {host: next}}]}]"),
            virtual("b", "shop", "hosts: [orders]\nhttp: [{" + TO_ORDERS + "}]"));
    assertThat(compiled.routes(ROUTES).get(0).getName()).isEqualTo("VirtualService shop/b#0");
    assertThat(compiled.problems()).isEmpty();
  }

  @Test
  void httpRoute_goesBefore_andTheLoserIsReported() {
    Compiled compiled =
        compile(
            rule(TO_ORDERS),
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r, namespace: shop}
            spec:
              parentRefs: [{group: "", kind: Service, name: orders, port: 80}]
              rules: [{backendRefs: [{name: next, port: 8080}]}]
            """);
    assertThat(compiled.routes(ROUTES).get(0).getName()).isEqualTo("HTTPRoute shop/r#0");
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90").get(0).getName())
        .isEqualTo("VirtualService shop/vs#0");
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactly(FindingCode.VIRTUAL_SERVICE_OVERRULED);
  }

  private static String clusterSeenFrom(Compiled compiled, String namespace) {
    return compiled
        .seenBy(CapabilityClass.INMESH, namespace)
        .routes(ROUTES)
        .get(0)
        .getRoute()
        .getCluster();
  }
}

package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersVirtualServices.TO_ORDERS;
import static io.inmesh.server.compile.OrdersVirtualServices.compile;
import static io.inmesh.server.compile.OrdersVirtualServices.first;
import static io.inmesh.server.compile.OrdersVirtualServices.rule;
import static io.inmesh.server.compile.OrdersVirtualServices.virtual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which requests the rules of a VirtualService take. */
class VirtualServiceMatchesTest {
  @Test
  void uri_exactPrefixAndRegex_areComparedByCharacters() {
    assertThat(matched("{uri: {exact: /a}}").getPath()).isEqualTo("/a");
    assertThat(matched("{uri: {prefix: /a}}").getPrefix()).isEqualTo("/a");
    assertThat(matched("{uri: {regex: '/a[0-9]+'}}").getSafeRegex().getRegex())
        .isEqualTo("/a[0-9]+");
    RouteMatch anyCase = matched("{uri: {prefix: /a}, ignoreUriCase: true}");
    assertThat(anyCase.getCaseSensitive().getValue()).isFalse();
  }

  @Test
  void schemeMethodAndAuthority_arePseudoHeaders() {
    assertThat(
            matched("{scheme: {exact: https}, method: {exact: GET}, authority: {prefix: shop.}}")
                .getHeadersList())
        .extracting(HeaderMatcher::getName, h -> h.getStringMatch().getExact())
        .containsExactlyInAnyOrder(
            tuple(":scheme", "https"), tuple(":method", "GET"), tuple(":authority", ""));
  }

  @Test
  void headers_present_without_andByValue() {
    List<HeaderMatcher> headers =
        matched(
                "{headers: {X-A: {exact: one}, x-b: {}}, withoutHeaders: {x-c: {}, x-d: {exact:"
                    + " no}}}")
            .getHeadersList();
    assertThat(headers)
        .extracting(
            HeaderMatcher::getName,
            HeaderMatcher::getPresentMatch,
            h -> h.getStringMatch().getExact(),
            HeaderMatcher::getInvertMatch,
            HeaderMatcher::getTreatMissingHeaderAsEmpty)
        .containsExactly(
            tuple("x-a", false, "one", false, false),
            tuple("x-b", true, "", false, false),
            tuple("x-c", true, "", true, false),
            tuple("x-d", false, "no", true, true));
  }

  @Test
  void queryParams_compareOrAskForPresence() {
    RouteMatch match = matched("{queryParams: {a: {exact: '1'}, b: {}, c: {prefix: x}}}");
    assertThat(match.getQueryParameters(0).getStringMatch().getExact()).isEqualTo("1");
    assertThat(match.getQueryParameters(1).getPresentMatch()).isTrue();
    assertThat(match.getQueryParameters(2).getStringMatch().getPrefix()).isEqualTo("x");
  }

  @Test
  void withoutHeaders_forStockGrpc_isAlsoTrueWhenTheHeaderIsMissing() {
    Compiled compiled =
        compile(rule("match: [{withoutHeaders: {x-d: {exact: no}}}]\n" + TO_ORDERS));
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").routes(ROUTES))
        .extracting(r -> r.getMatch().getHeaders(0).getPresentMatch())
        .containsExactly(false, true);
  }

  @Test
  void order_isKept_andTheFirstMatchWins() {
    Compiled compiled =
        compile(
            virtual(
                "vs",
                "shop",
                """
                hosts: [orders]
                http:
                - name: wide
                  match: [{uri: {prefix: /a}}]
                  route: [{destination: {host: orders, subset: v1}}]
                - name: narrow
                  match: [{name: one, uri: {prefix: /b/c}}, {uri: {exact: /b}}]
                  route: [{destination: {host: orders, subset: v2}}]
                - route: [{destination: {host: next}}]
                """));
    assertThat(compiled.routes(ROUTES))
        .extracting(Route::getName, r -> r.getRoute().getCluster())
        .containsExactly(
            tuple("VirtualService shop/vs#wide", "outbound|80|v1|orders.shop.svc.cluster.local"),
            tuple(
                "VirtualService shop/vs#narrow.one",
                "outbound|80|v2|orders.shop.svc.cluster.local"),
            tuple("VirtualService shop/vs#narrow", "outbound|80|v2|orders.shop.svc.cluster.local"),
            tuple("VirtualService shop/vs#2", "outbound|8080||next.shop.svc.cluster.local"));
  }

  @Test
  void port_limitsAMatchToOnePort() {
    Compiled compiled =
        compile(
            virtual(
                "vs",
                "shop",
                """
                hosts: [orders]
                http:
                - match: [{port: 90}]
                  route: [{destination: {host: next}}]
                - route: [{destination: {host: orders}}]
                """));
    assertThat(compiled.routes(ROUTES)).hasSize(1);
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90")).hasSize(2);
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90").get(1).getRoute().getCluster())
        .as("the port called")
        .isEqualTo("outbound|90||orders.shop.svc.cluster.local");
  }

  @Test
  void ruleBehindOneThatTakesEverything_isReported() {
    Compiled compiled =
        compile(
            virtual(
                "vs",
                "shop",
                """
                hosts: [orders]
                http:
                - route: [{destination: {host: orders}}]
                - match: [{uri: {prefix: /a}}]
                  route: [{destination: {host: next}}]
                """));
    assertThat(compiled.problems())
        .extracting(Finding::code, Finding::pointer)
        .containsExactly(tuple(FindingCode.MATCH_UNREACHABLE, "/spec/http/1"));
  }

  private static RouteMatch matched(String match) {
    return first("match: [" + match + "]\n" + TO_ORDERS).getMatch();
  }
}

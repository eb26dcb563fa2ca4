package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersVirtualServices.TO_ORDERS;
import static io.inmesh.server.compile.OrdersVirtualServices.compile;
import static io.inmesh.server.compile.OrdersVirtualServices.first;
import static io.inmesh.server.compile.OrdersVirtualServices.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rule of a VirtualService does with the requests it takes. */
class VirtualServiceActionsTest {
  @Test
  void weights_headers_andSubsets() {
    Route route =
        first(
            """
            route:
            - destination: {host: orders, subset: v1}
              weight: 90
              headers: {request: {set: {x-to: v1}}, response: {remove: [x-secret]}}
            - {destination: {host: orders, subset: v2}, weight: 10}
            """);
    List<ClusterWeight> split = route.getRoute().getWeightedClusters().getClustersList();
    assertThat(split)
        .extracting(ClusterWeight::getName, c -> c.getWeight().getValue())
        .containsExactly(
            tuple("outbound|80|v1|orders.shop.svc.cluster.local", 90),
            tuple("outbound|80|v2|orders.shop.svc.cluster.local", 10));
    assertThat(split.get(0).getRequestHeadersToAdd(0).getHeader().getKey()).isEqualTo("x-to");
    assertThat(split.get(0).getResponseHeadersToRemoveList()).containsExactly("x-secret");
  }

  @ParameterizedTest
  @CsvSource({
    "'{host: nowhere}', BACKEND_NOT_FOUND",
    "'{host: next, port: {number: 81}}', BACKEND_PORT_NOT_FOUND",
    "'{host: orders, subset: v9}', SUBSET_NOT_FOUND",
  })
  void destinationThatDoesNotExist_failsItsShare(String destination, FindingCode code) {
    Compiled compiled =
        compile(rule("mirror: " + destination + "\nroute: [{destination: " + destination + "}]"));
    assertThat(compiled.problems())
        .extracting(Finding::code, Finding::pointer)
        .containsExactlyInAnyOrder(
            tuple(code, "/spec/http/0/route/0/destination"), tuple(code, "/spec/http/0/mirror"));
    RouteAction action = compiled.routes(ROUTES).get(0).getRoute();
    assertThat(action.getWeightedClusters().getClusters(0).getName())
        .isEqualTo(Names.INVALID_BACKEND);
    assertThat(action.getClusterNotFoundResponseCode())
        .isEqualTo(RouteAction.ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE);
    assertThat(action.getRequestMirrorPoliciesCount()).isZero();
  }

  @Test
  void redirect_fromTheRequestsPort_withPrefix() {
    var redirect =
        first(
                """
                match: [{uri: {prefix: /old}}]
                redirect: {uri: '%PREFIX()%/new', authority: shop.example, derivePort: FROM_REQUEST_PORT, redirectCode: 308}
                """)
            .getRedirect();
    assertThat(redirect.getPrefixRewrite()).isEqualTo("/new");
    assertThat(redirect.getHostRedirect()).isEqualTo("shop.example");
    assertThat(redirect.getPortRedirect()).isEqualTo(80);
    assertThat(redirect.getResponseCode()).isEqualTo(RedirectResponseCode.PERMANENT_REDIRECT);
  }

  @Test
  void redirect_is301UnlessSaid() {
    var redirect = first("redirect: {uri: /new, scheme: https}").getRedirect();
    assertThat(redirect.getPathRedirect()).isEqualTo("/new");
    assertThat(redirect.getSchemeRedirect()).isEqualTo("https");
    assertThat(redirect.getResponseCode()).isEqualTo(RedirectResponseCode.MOVED_PERMANENTLY);
  }

  @Test
  void directResponse_mayBeLongerThanUsual() {
    Compiled compiled =
        compile(
            rule("directResponse: {status: 418, body: {string: \"" + "x".repeat(5000) + "\"}}"));
    Route route = compiled.routes(ROUTES).get(0);
    assertThat(route.getDirectResponse().getStatus()).isEqualTo(418);
    assertThat(route.getDirectResponse().getBody().getInlineString()).hasSize(5000);
    assertThat(compiled.routeConfiguration(ROUTES).getMaxDirectResponseBodySizeBytes().getValue())
        .isEqualTo(5000);
  }

  @Test
  void rewrite_prefix_whole_regex_andHost() {
    RouteAction prefix =
        first("match: [{uri: {prefix: /a/}}]\nrewrite: {uri: /b/, authority: inner}\n" + TO_ORDERS)
            .getRoute();
    assertThat(prefix.getPrefixRewrite()).isEqualTo("/b/");
    assertThat(prefix.getHostRewriteLiteral()).isEqualTo("inner");
    RouteAction whole =
        first("match: [{uri: {regex: /a.*}}]\nrewrite: {uri: /b}\n" + TO_ORDERS).getRoute();
    assertThat(whole.getRegexRewrite().getPattern().getRegex()).isEqualTo("^/.*$");
    RouteAction regex =
        first(
                "rewrite: {uriRegexRewrite: {match: '^/v([0-9])/', rewrite: '/version/\\1/'}}\n"
                    + TO_ORDERS)
            .getRoute();
    assertThat(regex.getRegexRewrite().getSubstitution()).isEqualTo("/version/\\1/");
  }

  @Test
  void headers_areFormats_andHostIsARewrite() {
    Route route =
        first("headers: {request: {set: {x-a: '%REQ(x-b)%', host: inner}}}\n" + TO_ORDERS);
    assertThat(route.getRequestHeadersToAddList())
        .extracting(HeaderValueOption::getHeader)
        .extracting(h -> h.getKey(), h -> h.getValue())
        .containsExactly(tuple("x-a", "%REQ(x-b)%"));
    assertThat(route.getRoute().getHostRewriteLiteral()).isEqualTo("inner");
  }

  @Test
  void timeoutAndRetries() {
    RouteAction action =
        first(
                """
                timeout: 0.5s
                retries:
                  attempts: 3
                  perTryTimeout: 100ms
                  retryOn: gateway-error,unavailable,409
                  retryRemoteLocalities: true
                  retryIgnorePreviousHosts: false
                  backoff: 10ms
                """
                    + TO_ORDERS)
            .getRoute();
    assertThat(Durations.toMillis(action.getTimeout())).isEqualTo(500);
    RetryPolicy retry = action.getRetryPolicy();
    assertThat(retry.getNumRetries().getValue()).isEqualTo(3);
    assertThat(Durations.toMillis(retry.getPerTryTimeout())).isEqualTo(100);
    assertThat(retry.getRetryOn().split(","))
        .contains("gateway-error", "unavailable", "retriable-status-codes");
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(409);
    assertThat(retry.getRetryPriority().getName()).contains("previous_priorities");
    assertThat(retry.getRetryHostPredicateList()).isEmpty();
    assertThat(Durations.toMillis(retry.getRetryBackOff().getBaseInterval())).isEqualTo(10);
  }

  @Test
  void retries_withoutConditions_haveIstiosUsualOnes() {
    RetryPolicy retry = first("retries: {attempts: 1}\n" + TO_ORDERS).getRoute().getRetryPolicy();
    assertThat(retry.getRetryOn().split(","))
        .contains("connect-failure", "refused-stream", "unavailable", "cancelled");
  }

  @Test
  void fault_inFractionsOfAPercent() throws Exception {
    Route route =
        first(
            """
            fault:
              delay: {fixedDelay: 2s, percentage: {value: 0.1}}
              abort: {grpcStatus: UNAVAILABLE, percentage: {value: 50}}
            """
                + TO_ORDERS);
    HTTPFault fault =
        route
            .getTypedPerFilterConfigOrThrow("envoy.filters.http.fault")
            .unpack(FilterConfig.class)
            .getConfig()
            .unpack(HTTPFault.class);
    assertThat(fault.getDelay().getPercentage().getNumerator()).isEqualTo(1000);
    assertThat(fault.getAbort().getGrpcStatus()).isEqualTo(14);
    assertThat(fault.getAbort().getPercentage().getNumerator()).isEqualTo(50);
  }

  @Test
  void mirrors_withShares() {
    RouteAction action =
        first(
                """
                mirrors:
                - {destination: {host: next}, percentage: {value: 12.5}}
                - {destination: {host: orders, subset: v2}}
                """
                    + TO_ORDERS)
            .getRoute();
    assertThat(action.getRequestMirrorPoliciesList())
        .extracting(
            m -> m.getCluster(), m -> m.getRuntimeFraction().getDefaultValue().getNumerator())
        .containsExactly(
            tuple("outbound|8080||next.shop.svc.cluster.local", 125_000),
            tuple("outbound|80|v2|orders.shop.svc.cluster.local", 100));
  }

  @Test
  void routePolicy_ofARule_fillsWhatTheRuleDoesNotSay() {
    Compiled compiled =
        compile(
            rule("name: all\ntimeout: 1s\n" + TO_ORDERS),
            """
            apiVersion: inmesh.io/v1alpha1
            kind: RoutePolicy
            metadata: {name: p, namespace: shop}
            spec:
              targetRefs: [{kind: VirtualService, name: vs, sectionName: all}]
              timeout: 9s
              retry: {attempts: 4}
            """);
    RouteAction action = compiled.routes(ROUTES).get(0).getRoute();
    assertThat(Durations.toSeconds(action.getTimeout())).isEqualTo(1);
    assertThat(action.getRetryPolicy().getNumRetries().getValue()).isEqualTo(4);
  }
}

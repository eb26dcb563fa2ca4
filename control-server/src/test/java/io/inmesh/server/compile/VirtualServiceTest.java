package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code VirtualService} becomes, from YAML to xDS. */
class VirtualServiceTest {
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}, {name: grpc, port: 90}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: next, namespace: shop}
      spec: {selector: {app: next}, ports: [{name: http, port: 8080}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: far, namespace: other}
      spec: {selector: {app: far}, ports: [{name: http, port: 80}]}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: orders, namespace: shop}
      spec:
        host: orders
        subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
      ---
      """;

  private static final String ORDERS = "orders.shop.svc.cluster.local:80";
  private static final String TO_ORDERS = "route: [{destination: {host: orders}}]";

  private static String virtual(String name, String namespace, String spec) {
    return """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: %s, namespace: %s}
    spec:
    """
            .formatted(name, namespace)
        + spec.indent(2)
        + "---\n";
  }

  private static String rule(String rule) {
    return virtual("vs", "shop", "hosts: [orders]\nhttp:\n- " + rule.indent(2).strip() + "\n");
  }

  private static Compiled compile(String... yaml) {
    return compile(RegistrySnapshot.EMPTY, yaml);
  }

  private static Compiled compile(RegistrySnapshot registry, String... yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", SERVICES + String.join("", yaml));
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), registry);
  }

  private static Route first(String rule) {
    Compiled compiled = compile(rule(rule));
    assertThat(compiled.findings()).noneMatch(Finding::isError);
    return compiled.routes(ORDERS).get(0);
  }

  private static RouteMatch matched(String match) {
    return first("match: [" + match + "]\n" + TO_ORDERS).getMatch();
  }

  // ---- matches ----

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
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").routes(ORDERS))
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
    assertThat(compiled.routes(ORDERS))
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
    assertThat(compiled.routes(ORDERS)).hasSize(1);
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90")).hasSize(2);
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90").get(1).getRoute().getCluster())
        .as("the port called")
        .isEqualTo("outbound|90||orders.shop.svc.cluster.local");
  }

  // ---- hosts, exports, callers ----

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
    assertThat(compiled.routes(ORDERS).get(0).getRoute().getCluster().contains("next"))
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

  private static String clusterSeenFrom(Compiled compiled, String namespace) {
    return compiled
        .seenBy(CapabilityClass.INMESH, namespace)
        .routes(ORDERS)
        .get(0)
        .getRoute()
        .getCluster();
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
    assertThat(compiled.seenBy(CapabilityClass.INMESH, "shop").routes(ORDERS)).isEmpty();
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
    assertThat(compiled.routes(ORDERS)).hasSize(1);
    List<XdsKey> ofWorkloads =
        compiled.resources().keySet().stream()
            .filter(key -> key.name().equals(ORDERS) && !key.view().workload().isEmpty())
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
    assertThat(compiled.routes(ORDERS).get(0).getName()).isEqualTo("VirtualService shop/a#0");
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
    assertThat(compiled.routes(ORDERS).get(0).getName()).isEqualTo("VirtualService shop/b#0");
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
    assertThat(compiled.routes(ORDERS).get(0).getName()).isEqualTo("HTTPRoute shop/r#0");
    assertThat(compiled.routes("orders.shop.svc.cluster.local:90").get(0).getName())
        .isEqualTo("VirtualService shop/vs#0");
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactly(FindingCode.VIRTUAL_SERVICE_OVERRULED);
  }

  // ---- destinations ----

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
    RouteAction action = compiled.routes(ORDERS).get(0).getRoute();
    assertThat(action.getWeightedClusters().getClusters(0).getName())
        .isEqualTo(Names.INVALID_BACKEND);
    assertThat(action.getClusterNotFoundResponseCode())
        .isEqualTo(RouteAction.ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE);
    assertThat(action.getRequestMirrorPoliciesCount()).isZero();
  }

  // ---- what else happens ----

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
    Route route = compiled.routes(ORDERS).get(0);
    assertThat(route.getDirectResponse().getStatus()).isEqualTo(418);
    assertThat(route.getDirectResponse().getBody().getInlineString()).hasSize(5000);
    assertThat(compiled.routeConfiguration(ORDERS).getMaxDirectResponseBodySizeBytes().getValue())
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

  // ---- delegates ----

  @Test
  void delegate_narrowsAndInherits() {
    Compiled compiled =
        compile(
            virtual(
                "root",
                "shop",
                """
                hosts: [orders]
                http:
                - name: root
                  match: [{uri: {prefix: /api}, headers: {x-a: {exact: '1'}}}]
                  timeout: 3s
                  delegate: {name: leaf, namespace: other}
                - route: [{destination: {host: orders}}]
                """),
            virtual(
                "leaf",
                "other",
                """
                http:
                - name: exact
                  match: [{uri: {exact: /api/far}}]
                  route: [{destination: {host: far}}]
                - match: [{uri: {prefix: /else}}]
                  route: [{destination: {host: far}}]
                - timeout: 1s
                  route: [{destination: {host: far}}]
                """));
    List<Route> routes = compiled.routes(ORDERS);
    assertThat(routes)
        .extracting(
            Route::getName,
            r -> r.getMatch().getPath() + r.getMatch().getPrefix(),
            r -> r.getMatch().getHeadersCount(),
            r -> Durations.toSeconds(r.getRoute().getTimeout()))
        .containsExactly(
            tuple("VirtualService other/leaf#root-exact", "/api/far", 1, 3L),
            tuple("VirtualService other/leaf#root", "/api", 1, 1L),
            tuple("VirtualService shop/root#1", "/", 0, 0L));
    assertThat(routes.get(0).getRoute().getCluster())
        .as("hosts are relative to the delegate")
        .isEqualTo("outbound|80||far.other.svc.cluster.local");
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactly(FindingCode.DELEGATE_CONFLICT);
  }

  @Test
  void delegate_thatIsNotThere_isLeftOut() {
    Compiled compiled =
        compile(
            virtual(
                "root",
                "shop",
                """
                hosts: [orders]
                http:
                - {match: [{uri: {prefix: /a}}], delegate: {name: gone}}
                - route: [{destination: {host: orders}}]
                """));
    assertThat(compiled.routes(ORDERS)).hasSize(1);
    assertThat(compiled.problems())
        .extracting(Finding::code, Finding::pointer)
        .containsExactly(tuple(FindingCode.DELEGATE_NOT_FOUND, "/spec/http/0/delegate"));
  }

  // ---- with other kinds ----

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
    RouteAction action = compiled.routes(ORDERS).get(0).getRoute();
    assertThat(Durations.toSeconds(action.getTimeout())).isEqualTo(1);
    assertThat(action.getRetryPolicy().getNumRetries().getValue()).isEqualTo(4);
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
}

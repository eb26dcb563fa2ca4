package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action.ActionSpecifierCase;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.cluster.v1.RetryBudget;
import io.inmesh.wire.route.v1.CallPolicy;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code RoutePolicy} and the filters of routes become, from YAML to xDS. */
class CallRulesCompileTest {
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: next, namespace: shop}
      spec: {selector: {app: next}, ports: [{name: http, port: 80}]}
      ---
      """;

  private static final String ORDERS = "orders.shop.svc.cluster.local:80";

  private Compiled compiled = compile(SERVICES);

  private static Compiled compile(String yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
  }

  private static String policy(String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: p, namespace: shop}
    spec:
      targetRefs: [{kind: HTTPRoute, name: r}]
    """
        + spec.indent(2)
        + "---\n";
  }

  private static String route(String filters) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: r, namespace: shop}
    spec:
      parentRefs: [{group: "", kind: Service, name: orders}]
      rules:
      - matches: [{path: {type: PathPrefix, value: /a}}]
    """
        + filters.indent(4);
  }

  private static final String BACKEND = "backendRefs: [{name: orders, port: 80}]\n";

  private Route first(CapabilityClass clients) {
    return compiled.seenBy(clients, "web").routes(ORDERS).get(0);
  }

  private static <M extends Message> M on(Route route, String name, Class<M> type)
      throws InvalidProtocolBufferException {
    Any any = route.getTypedPerFilterConfigOrThrow(name);
    return any.unpack(FilterConfig.class).getConfig().unpack(type);
  }

  @Test
  void hedge_andMeanings_travelAsOurExtension() throws Exception {
    compiled =
        compile(
            SERVICES
                + policy(
                    """
                    hedge: {delay: 50ms, percentile: 95}
                    success: [{from: 404, failure: true}, {grpcStatuses: [5], failure: false}]
                    """)
                + route(BACKEND));
    CallPolicy calls = on(first(CapabilityClass.INMESH), OwnExtensions.CALLS, CallPolicy.class);
    assertThat(Durations.toMillis(calls.getHedging().getDelay())).isEqualTo(50);
    assertThat(calls.getHedging().getPercentile()).isEqualTo(95);
    assertThat(calls.getHedging().getMaxAttempts()).isEqualTo(2);
    assertThat(calls.getResponseClassesList()).hasSize(2);
    assertThat(first(CapabilityClass.GRPC).getTypedPerFilterConfigMap()).isEmpty();
  }

  @Test
  void hedgeOnPerTryTimeout_andHighPriority_areEnvoys() {
    compiled =
        compile(
            SERVICES
                + policy(
                    """
                    perTryTimeout: 1s
                    retry: {on: [gateway-error]}
                    hedge: {onPerTryTimeout: true}
                    highPriority: true
                    """)
                + route(BACKEND));
    for (CapabilityClass clients : CapabilityClass.values()) {
      assertThat(first(clients).getRoute().getHedgePolicy().getHedgeOnPerTryTimeout()).isTrue();
      assertThat(first(clients).getRoute().getPriority()).isEqualTo(RoutingPriority.HIGH);
    }
    assertThat(first(CapabilityClass.INMESH).getTypedPerFilterConfigMap())
        .doesNotContainKey(OwnExtensions.CALLS);
  }

  @Test
  void fault_isEnvoysFilter_switchedOnByTheRoute() throws Exception {
    compiled =
        compile(
            SERVICES
                + policy(
                    """
                    fault:
                      delay: {duration: 2s, percent: 10}
                      abort: {httpStatus: 503, percent: 5}
                      maxActive: 7
                    """)
                + route(BACKEND));
    HTTPFault fault =
        on(first(CapabilityClass.INMESH), "envoy.filters.http.fault", HTTPFault.class);
    assertThat(Durations.toMillis(fault.getDelay().getFixedDelay())).isEqualTo(2_000);
    assertThat(fault.getDelay().getPercentage().getNumerator()).isEqualTo(10);
    assertThat(fault.getAbort().getHttpStatus()).isEqualTo(503);
    assertThat(fault.getMaxActiveFaults().getValue()).isEqualTo(7);
    HttpConnectionManager manager =
        compiled
            .listener(ORDERS)
            .getApiListener()
            .getApiListener()
            .unpack(HttpConnectionManager.class);
    assertThat(manager.getHttpFiltersList())
        .anyMatch(f -> f.getName().equals("envoy.filters.http.fault") && f.getDisabled());
  }

  @Test
  void rateLimit_ofARoute_isEachClients() throws Exception {
    compiled =
        compile(
            SERVICES + policy("rateLimit: {requests: 100, per: 1s, burst: 150}") + route(BACKEND));
    LocalRateLimit limit =
        on(
            first(CapabilityClass.INMESH),
            "envoy.filters.http.local_ratelimit",
            LocalRateLimit.class);
    assertThat(limit.getTokenBucket().getMaxTokens()).isEqualTo(150);
    assertThat(limit.getTokenBucket().getTokensPerFill().getValue()).isEqualTo(100);
    assertThat(limit.getFilterEnforced().getDefaultValue().getNumerator()).isEqualTo(100);
  }

  @Test
  void rateLimit_descriptors_areNumbered_soThatNoneIsTakenForAnother() throws Exception {
    compiled =
        compile(
            SERVICES
                + policy(
                    "rateLimit: {descriptors: [{requests: 5, entries: [{header: X-Tier, value:"
                        + " gold}, {query: q}]}, {requests: 6, per: 2s, entries: [{header:"
                        + " x-tier}]}]}")
                + route(BACKEND));
    LocalRateLimit limit =
        on(
            first(CapabilityClass.INMESH),
            "envoy.filters.http.local_ratelimit",
            LocalRateLimit.class);
    assertThat(limit.hasTokenBucket()).isFalse();
    assertThat(limit.getDescriptorsList().stream().map(CallRulesCompileTest::entries))
        .containsExactly("descriptor=0 x-tier=gold q=", "descriptor=1 x-tier=");
    assertThat(limit.getDescriptors(1).getTokenBucket().getFillInterval().getSeconds())
        .isEqualTo(2);
    assertThat(
            limit.getRateLimitsList().stream()
                .map(
                    rule ->
                        rule.getActionsList().stream()
                            .map(Action::getActionSpecifierCase)
                            .toList()))
        .containsExactly(
            List.of(
                ActionSpecifierCase.GENERIC_KEY,
                ActionSpecifierCase.REQUEST_HEADERS,
                ActionSpecifierCase.QUERY_PARAMETERS),
            List.of(ActionSpecifierCase.GENERIC_KEY, ActionSpecifierCase.REQUEST_HEADERS));
  }

  private static String entries(LocalRateLimitDescriptor descriptor) {
    return descriptor.getEntriesList().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }

  @Test
  void mirror_ofTheRule_goesBeforeThePolicys() {
    compiled =
        compile(
            SERVICES
                + policy("mirrors: [{backendRef: {name: orders, port: 80}}]")
                + route(
                    """
                    filters:
                    - type: RequestMirror
                      requestMirror: {backendRef: {name: next, port: 80}, percent: 25}
                    """
                        + BACKEND));
    var mirrors = first(CapabilityClass.INMESH).getRoute().getRequestMirrorPoliciesList();
    assertThat(mirrors).hasSize(1);
    assertThat(mirrors.get(0).getCluster()).isEqualTo("outbound|80||next.shop.svc.cluster.local");
    assertThat(mirrors.get(0).getRuntimeFraction().getDefaultValue().getNumerator()).isEqualTo(25);
  }

  @Test
  void mirrorThatDoesNotExist_isAFinding_andTheRequestsGoOn() {
    compiled =
        compile(
            SERVICES
                + route(
                    """
                    filters:
                    - type: RequestMirror
                      requestMirror: {backendRef: {name: nowhere, port: 80}}
                    """
                        + BACKEND));
    assertThat(compiled.findings())
        .extracting(Finding::code)
        .contains(FindingCode.BACKEND_NOT_FOUND);
    Route route = first(CapabilityClass.INMESH);
    assertThat(route.getRoute().getRequestMirrorPoliciesList()).isEmpty();
    assertThat(route.getRoute().getCluster())
        .isEqualTo("outbound|80||orders.shop.svc.cluster.local");
  }

  @Test
  void redirect_andRewrite_areEnvoys() {
    compiled =
        compile(
            SERVICES
                + route(
                    """
                    filters:
                    - type: RequestRedirect
                      requestRedirect:
                        scheme: https
                        path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}
                        statusCode: 308
                    """));
    Route redirect = first(CapabilityClass.INMESH);
    assertThat(redirect.getRedirect().getSchemeRedirect()).isEqualTo("https");
    assertThat(redirect.getRedirect().getPrefixRewrite()).isEqualTo("/b");
    assertThat(redirect.getRedirect().getResponseCodeValue()).isEqualTo(4);

    compiled =
        compile(
            SERVICES
                + route(
                    """
                    filters:
                    - type: URLRewrite
                      urlRewrite:
                        hostname: elsewhere.example
                        path: {type: ReplaceFullPath, replaceFullPath: /one}
                    """
                        + BACKEND));
    Route rewrite = first(CapabilityClass.INMESH);
    assertThat(rewrite.getRoute().getHostRewriteLiteral()).isEqualTo("elsewhere.example");
    assertThat(rewrite.getRoute().getRegexRewrite().getSubstitution()).isEqualTo("/one");
  }

  @Test
  void extensionRef_namesThePolicyOfARule_evenOneWithoutTargets() {
    String extension =
        """
        filters:
        - type: ExtensionRef
          extensionRef: {group: inmesh.io, kind: RoutePolicy, name: p}
        """;
    compiled =
        compile(
            SERVICES
                + policy("timeout: 7s").replace("  targetRefs: [{kind: HTTPRoute, name: r}]\n", "")
                + route(extension + BACKEND));
    assertThat(Durations.toSeconds(first(CapabilityClass.INMESH).getRoute().getTimeout()))
        .isEqualTo(7);

    compiled = compile(SERVICES + route(extension + BACKEND));
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactly(FindingCode.FILTER_NOT_SERVED);
    assertThat(
            first(CapabilityClass.INMESH).getRoute().getWeightedClusters().getClusters(0).getName())
        .isEqualTo(Names.INVALID_BACKEND);
  }

  @Test
  void retryConstraint_isOurExtensionOfTheCluster_andTheOldestWins() throws Exception {
    String constraint =
        """
        apiVersion: gateway.networking.x-k8s.io/v1alpha1
        kind: XBackendTrafficPolicy
        metadata: {name: %s, namespace: shop}
        spec:
          targetRefs: [{group: "", kind: Service, name: %s}]
          retryConstraint: {budget: {percent: %d}, minRetryRate: {count: 3, interval: 2s}}
        ---
        """;
    compiled =
        compile(
            SERVICES
                + constraint.formatted("b", "orders", 50)
                + constraint.formatted("a", "orders", 5)
                + constraint.formatted("c", "nowhere", 5));
    RetryBudget budget =
        compiled
            .cluster("outbound|80||orders.shop.svc.cluster.local")
            .getTypedExtensionProtocolOptionsOrThrow("inmesh.retry_budget")
            .unpack(RetryBudget.class);
    assertThat(budget.getPercent()).isEqualTo(5);
    assertThat(Durations.toSeconds(budget.getInterval())).isEqualTo(10);
    assertThat(budget.getMinCount()).isEqualTo(3);
    assertThat(Durations.toSeconds(budget.getMinInterval())).isEqualTo(2);
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactlyInAnyOrder(
            FindingCode.POLICY_CONFLICTED, FindingCode.POLICY_TARGET_NOT_FOUND);
  }
}

package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ENDPOINTS;
import static io.inmesh.server.compile.OrdersService.ORDERS;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersService.SERVICE;
import static io.inmesh.server.compile.OrdersService.V2;
import static io.inmesh.server.compile.OrdersService.codes;
import static io.inmesh.server.compile.OrdersService.compile;
import static io.inmesh.server.compile.OrdersService.policy;
import static io.inmesh.server.compile.OrdersService.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.model.Locality;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From DestinationRules to clusters, endpoints and the hash policies of routes. */
class DestinationRuleTest {
  // ---- whom rules are for ----

  private static String selecting(String namespace, String name, String app, int connections) {
    return rule(
            namespace,
            "host: orders.shop.svc.cluster.local\n"
                + (app.isEmpty() ? "" : "workloadSelector: {matchLabels: {app: " + app + "}}\n")
                + "trafficPolicy: {connectionPool: {tcp: {maxConnections: "
                + connections
                + "}}}")
        .replace("name: orders,", "name: " + name + ",");
  }

  /**
   * Istio's precedence. The limit of connections tells which rule holds for whom; 0: none does. A
   * rule of the caller's namespace hides those of others even if it selects other callers only.
   */
  @ParameterizedTest
  @CsvSource({
    "web,  web,   3", // it is selected
    "web,  shop,  0", // others of the namespace are not
    "elsewhere, web, 2", // selectors do not reach into other namespaces
    "both, web,   3", // of two that select it the older
    "all,  web,   3", // before one for the whole namespace
    "all,  shop,  4",
    "any,  shop,  5" // an empty selector selects all of its namespace
  })
  void workloadSelector_decidesWhomARuleIsFor(String rules, String caller, int connections)
      throws Exception {
    String documents =
        selecting("shop", "producer", "", 2)
            + "---\n"
            + switch (rules) {
              case "web" -> selecting("front", "one", "web", 3);
              case "elsewhere" -> selecting("other", "one", "web", 3);
              case "both" ->
                  selecting("front", "one", "web", 3)
                      + "---\n"
                      + selecting("front", "two", "web", 9)
                          .replace("{app: web}", "{app: web, tier: a}");
              case "all" ->
                  selecting("front", "a-all", "", 4)
                      + "---\n"
                      + selecting("front", "one", "web", 3);
              case "any" -> selecting("front", "one", "web", 5).replace("{app: web}", "{}");
              default -> throw new IllegalArgumentException(rules);
            };
    ConfigUpdate update =
        ConfigLoader.parse("mesh.yaml", SERVICE + "---\n" + ENDPOINTS + "---\n" + documents);
    assertThat(update.findings()).noneMatch(Finding::isError);
    Workload workload =
        new Workload("front", caller, new TreeMap<>(Map.of("app", caller, "tier", "a")));
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(update.set());
    CompileUpdate unused = compiler.workloadConnected(workload);
    Compiled compiled =
        new Compiled(
            compiler.resources(),
            compiler.findings(),
            View.lookupOrder(CapabilityClass.INMESH, workload, Locality.UNKNOWN));
    assertThat(
            compiled.cluster(ORDERS).getCircuitBreakers().getThresholdsList().stream()
                .map(Thresholds::getMaxConnections)
                .mapToInt(UInt32Value::getValue)
                .filter(limit -> limit < 100)
                .findFirst()
                .orElse(0))
        .isEqualTo(connections);
  }

  @Test
  void workloadSelector_subsetsOfRulesForEverybodyAreThere_too() throws Exception {
    String labels = "subsets: [{name: %s, labels: {version: %s}}]";
    ConfigUpdate update =
        ConfigLoader.parse(
            "mesh.yaml",
            String.join(
                "---\n",
                SERVICE,
                ENDPOINTS,
                rule("shop", "host: orders\n" + labels.formatted("v2", "v2")),
                rule("shop", "host: orders\n" + labels.formatted("v2", "v1"))
                    .replace("name: orders,", "name: selecting,")
                    .replace(
                        "host: orders",
                        "host: orders\n  workloadSelector: {matchLabels: {app: web}}")));
    assertThat(update.findings()).noneMatch(Finding::isError);
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(update.set());
    Workload web = new Workload("shop", "web", new TreeMap<>(Map.of("app", "web")));
    CompileUpdate unused = compiler.workloadConnected(web);
    assertThat(endpoints(compiler, View.lookupOrder(CapabilityClass.INMESH, "shop"))).isEqualTo(2);
    assertThat(endpoints(compiler, View.lookupOrder(CapabilityClass.INMESH, web, Locality.UNKNOWN)))
        .isEqualTo(3);
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .as("they are for different callers")
        .doesNotContain(FindingCode.DESTINATION_RULE_CONFLICTED);
  }

  private static long endpoints(MeshCompiler compiler, List<View> views) throws Exception {
    return new Compiled(compiler.resources(), List.of(), views)
        .assignment(V2).getEndpointsList().stream()
            .mapToLong(LocalityLbEndpoints::getLbEndpointsCount)
            .sum();
  }

  // ---- balancers ----

  @Test
  void noRule_isLeastRequest() throws Exception {
    Cluster cluster = compile().cluster(ORDERS);
    assertThat(
            cluster
                .getLoadBalancingPolicy()
                .getPolicies(0)
                .getTypedExtensionConfig()
                .getTypedConfig()
                .unpack(LeastRequest.class)
                .getChoiceCount()
                .getValue())
        .isEqualTo(2);
    assertThat(cluster.hasOutlierDetection()).isFalse();
    assertThat(cluster.hasCommonLbConfig()).isFalse();
  }

  @Test
  void roundRobin_withWarmup() throws Exception {
    Cluster cluster =
        compile(
                policy(
                    "loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1m, minimumPercent: 5,"
                        + " aggression: 1.5}}"))
            .cluster(ORDERS);
    RoundRobin balancer =
        cluster
            .getLoadBalancingPolicy()
            .getPolicies(0)
            .getTypedExtensionConfig()
            .getTypedConfig()
            .unpack(RoundRobin.class);
    assertThat(Durations.toSeconds(balancer.getSlowStartConfig().getSlowStartWindow()))
        .isEqualTo(60);
    assertThat(balancer.getSlowStartConfig().getMinWeightPercent().getValue()).isEqualTo(5);
    assertThat(balancer.getSlowStartConfig().getAggression().getDefaultValue()).isEqualTo(1.5);
  }

  @Test
  void maglev_hasRingHashForThoseThatDoNotKnowIt() throws Exception {
    Compiled compiled =
        compile(
            policy(
                "loadBalancer: {consistentHash: {httpHeaderName: X-User, maglev: {tableSize:"
                    + " 251}}}"));
    var list = compiled.cluster(ORDERS).getLoadBalancingPolicy().getPoliciesList();
    assertThat(list.get(0).getTypedExtensionConfig().getTypedConfig().unpack(Maglev.class))
        .extracting(maglev -> maglev.getTableSize().getValue())
        .isEqualTo(251L);
    assertThat(
            list.get(1)
                .getTypedExtensionConfig()
                .getTypedConfig()
                .unpack(RingHash.class)
                .getHashFunction())
        .isEqualTo(RingHash.HashFunction.XX_HASH);
    assertThat(hashPolicies(compiled))
        .extracting(policy -> policy.getHeader().getHeaderName())
        .containsExactly("x-user");
  }

  private static List<HashPolicy> hashPolicies(Compiled compiled) {
    return compiled.routes(ROUTES).get(0).getRoute().getHashPolicyList();
  }

  @Test
  void cookie_isTheRoutesHashPolicy() {
    Compiled compiled =
        compile(
            policy(
                "loadBalancer: {consistentHash: {httpCookie: {name: user, path: /shop, ttl:"
                    + " 1h}}}"));
    assertThat(hashPolicies(compiled))
        .extracting(
            policy -> policy.getCookie().getName(),
            policy -> policy.getCookie().getPath(),
            policy -> policy.getCookie().getTtl().getSeconds())
        .containsExactly(tuple("user", "/shop", 3600L));
  }

  // ---- outliers ----

  @Test
  void outliers_areWhatIstioSends() {
    Cluster cluster =
        compile(
                policy(
                    "outlierDetection: {consecutive5xxErrors: 7, consecutiveGatewayErrors: 3,"
                        + " interval: 5s, baseEjectionTime: 1m, maxEjectionPercent: 50,"
                        + " minHealthPercent: 20}"))
            .cluster(ORDERS);
    OutlierDetection outliers = cluster.getOutlierDetection();
    assertThat(outliers.getConsecutive5Xx().getValue()).isEqualTo(7);
    assertThat(outliers.getEnforcingConsecutive5Xx().getValue()).isEqualTo(100);
    assertThat(outliers.getConsecutiveGatewayFailure().getValue()).isEqualTo(3);
    assertThat(outliers.getEnforcingConsecutiveGatewayFailure().getValue()).isEqualTo(100);
    assertThat(outliers.getEnforcingSuccessRate().getValue()).isZero();
    assertThat(outliers.getMaxEjectionPercent().getValue()).isEqualTo(50);
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isEqualTo(20);
  }

  @Test
  void outliers_zeroSwitchesADetectorOff_andThereIsNoPanic() {
    Cluster cluster =
        compile(policy("outlierDetection: {consecutive5xxErrors: 0}")).cluster(ORDERS);
    assertThat(cluster.getOutlierDetection().getEnforcingConsecutive5Xx().getValue()).isZero();
    assertThat(cluster.getCommonLbConfig().hasHealthyPanicThreshold()).isTrue();
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isZero();
  }

  // ---- connections ----

  @Test
  void connectionPool_limitsAndLifetime() throws Exception {
    Cluster cluster =
        compile(
                policy(
                    """
                    connectionPool:
                      tcp: {maxConnections: 5, connectTimeout: 2s, maxConnectionDuration: 10m, tcpKeepalive: {probes: 3, time: 60s, interval: 5s}}
                      http: {http1MaxPendingRequests: 6, http2MaxRequests: 7, maxRetries: 8, maxRequestsPerConnection: 9, idleTimeout: 5m, h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 10}
                    """))
            .cluster(ORDERS);
    Thresholds thresholds = cluster.getCircuitBreakers().getThresholds(0);
    assertThat(
            List.of(
                thresholds.getMaxConnections().getValue(),
                thresholds.getMaxPendingRequests().getValue(),
                thresholds.getMaxRequests().getValue(),
                thresholds.getMaxRetries().getValue()))
        .containsExactly(5, 6, 7, 8);
    assertThat(cluster.getConnectTimeout().getSeconds()).isEqualTo(2);
    assertThat(
            cluster.getUpstreamConnectionOptions().getTcpKeepalive().getKeepaliveTime().getValue())
        .isEqualTo(60);
    HttpProtocolOptions options =
        cluster.getTypedExtensionProtocolOptionsMap().values().stream()
            .filter(any -> any.is(HttpProtocolOptions.class))
            .findFirst()
            .orElseThrow()
            .unpack(HttpProtocolOptions.class);
    assertThat(options.getCommonHttpProtocolOptions().getIdleTimeout().getSeconds()).isEqualTo(300);
    assertThat(options.getCommonHttpProtocolOptions().getMaxConnectionDuration().getSeconds())
        .isEqualTo(600);
    assertThat(options.getCommonHttpProtocolOptions().getMaxRequestsPerConnection().getValue())
        .isEqualTo(9);
    assertThat(
            options
                .getExplicitHttpConfig()
                .getHttp2ProtocolOptions()
                .getMaxConcurrentStreams()
                .getValue())
        .isEqualTo(10);
  }

  @Test
  void portLevel_inheritsNothing() {
    Compiled compiled =
        compile(
            policy(
                """
                connectionPool: {http: {http2MaxRequests: 7}}
                outlierDetection: {}
                portLevelSettings: [{port: {number: 90}, connectionPool: {http: {maxRetries: 1}}}]
                """));
    assertThat(compiled.cluster(ORDERS).hasOutlierDetection()).isTrue();
    Cluster ninety = compiled.cluster(ORDERS.replace("|80|", "|90|"));
    assertThat(ninety.hasOutlierDetection()).isFalse();
    assertThat(ninety.getCircuitBreakers().getThresholds(0).hasMaxRequests()).isFalse();
  }

  // ---- subsets ----

  @Test
  void subset_isAClusterOfItsEndpoints_withItsPolicyOverTheRules() {
    Compiled compiled =
        compile(
            rule(
                "shop",
                """
                host: orders
                trafficPolicy: {connectionPool: {http: {http2MaxRequests: 7}}, outlierDetection: {}}
                subsets:
                - name: v2
                  labels: {version: v2}
                  trafficPolicy: {connectionPool: {http: {http2MaxRequests: 1}}}
                """));
    Cluster cluster = compiled.cluster(V2);
    assertThat(cluster.getCircuitBreakers().getThresholds(0).getMaxRequests().getValue())
        .isEqualTo(1);
    assertThat(cluster.hasOutlierDetection()).isTrue();
    assertThat(compiled.endpoints(V2))
        .containsExactly("10.0.0.3:80 HEALTHY", "10.0.0.4:80 HEALTHY");
    assertThat(compiled.endpoints(ORDERS)).hasSize(5);
  }

  // ---- whose rule ----

  @Test
  void callersNamespace_beforeTheServices_beforeTheRoots() {
    Compiled compiled =
        compile(
            rule("shop", max(2, "orders")),
            rule("web", max(1, "orders.shop.svc.cluster.local")),
            rule("istio-system", max(3, "*.svc.cluster.local")));
    assertThat(maxRequests(compiled, "web")).isEqualTo(1);
    assertThat(maxRequests(compiled, "shop")).isEqualTo(2);
    assertThat(maxRequests(compiled, "other")).isEqualTo(2);
    assertThat(maxRequests(compile(rule("istio-system", max(3, "*.svc.cluster.local"))), "x"))
        .isEqualTo(3);
  }

  @Test
  void mostSpecificHost_goesFirst() {
    Compiled compiled =
        compile(
            rule("shop", max(1, "*.shop.svc.cluster.local")),
            rule("shop", max(2, "orders")).replace("name: orders,", "name: zz,"),
            rule("shop", max(3, "*.cluster.local")).replace("name: orders,", "name: aa,"));
    assertThat(maxRequests(compiled, "web")).isEqualTo(2);
  }

  @Test
  void exportTo_isForThoseNamed() {
    Compiled compiled =
        compile(
            rule("shop", max(1, "orders") + "exportTo: [web]\n"),
            rule("istio-system", max(3, "*.svc.cluster.local")));
    assertThat(maxRequests(compiled, "web")).isEqualTo(1);
    assertThat(maxRequests(compiled, "other")).isEqualTo(3);
    assertThat(maxRequests(compiled, "shop"))
        .as("its own namespace sees it in any case")
        .isEqualTo(1);
  }

  private static String max(int requests, String host) {
    return "host: \"%s\"\ntrafficPolicy: {connectionPool: {http: {http2MaxRequests: %d}}}\n"
        .formatted(host, requests);
  }

  private static int maxRequests(Compiled compiled, String namespace) {
    return compiled
        .seenBy(CapabilityClass.INMESH, namespace)
        .cluster(ORDERS)
        .getCircuitBreakers()
        .getThresholds(0)
        .getMaxRequests()
        .getValue();
  }

  @Test
  void hashing_onlyForSomeCallers_changesOnlyTheirRoutes() {
    Compiled compiled =
        compile(
            rule(
                "web",
                "host: orders.shop.svc.cluster.local\n"
                    + "trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}"));
    assertThat(hashPolicies(compiled)).isEmpty();
    assertThat(hashPolicies(compiled.seenBy(CapabilityClass.INMESH, "web")))
        .extracting(policy -> policy.getConnectionProperties().getSourceIp())
        .containsExactly(true);
  }

  // ---- findings ----

  @Test
  void unknownHost_isReported() {
    assertThat(codes(compile(rule("shop", "host: nowhere"))))
        .contains(FindingCode.DESTINATION_HOST_NOT_FOUND);
    assertThat(codes(compile(rule("shop", "host: orders"))))
        .doesNotContain(FindingCode.DESTINATION_HOST_NOT_FOUND);
  }

  @Test
  void emptySubset_isReportedAtItsPlace() {
    Compiled compiled =
        compile(
            rule(
                "shop", "host: orders\nsubsets: [{name: v9, labels: {version: v9}}, {name: all}]"));
    assertThat(compiled.findings())
        .filteredOn(finding -> finding.code() == FindingCode.SUBSET_EMPTY)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.message()).contains("v9");
              assertThat(finding.line()).isPositive();
            });
  }

  @Test
  void secondRuleForAHost_isReported_andItsSubsetsAreAdded() {
    Compiled compiled =
        compile(
            rule("shop", max(1, "orders")),
            rule("shop", max(2, "orders") + "subsets: [{name: v2, labels: {version: v2}}]")
                .replace("name: orders,", "name: zz,"));
    assertThat(codes(compiled)).contains(FindingCode.DESTINATION_RULE_CONFLICTED);
    assertThat(maxRequests(compiled, "web")).isEqualTo(1);
    assertThat(compiled.endpoints(V2)).hasSize(2);
  }

  @Test
  void unknownPort_isReported() {
    assertThat(
            codes(
                compile(policy("portLevelSettings: [{port: {number: 81}, outlierDetection: {}}]"))))
        .contains(FindingCode.DESTINATION_PORT_NOT_FOUND);
  }
}

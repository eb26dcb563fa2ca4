package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
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
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.cluster.v1.Endpoints;
import io.inmesh.wire.cluster.v1.FailureAccrual;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From DestinationRules to clusters, endpoints and the hash policies of routes. */
class DestinationRuleTest {
  private static final String ORDERS = "outbound|80||orders.shop.svc.cluster.local";
  private static final String V2 = "outbound|80|v2|orders.shop.svc.cluster.local";
  private static final String ROUTES = "orders.shop.svc.cluster.local:80";

  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 80}, {name: grpc, port: 90, targetPort: 90}]}
      """;

  private static String endpoint(int number, String locality, String version) {
    return """
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: orders-%1$d, namespace: shop}
    spec: {address: 10.0.0.%1$d, labels: {app: orders, version: %3$s}, locality: %2$s}
    """
        .formatted(number, locality, version);
  }

  private static final String ENDPOINTS =
      String.join(
          "---\n",
          endpoint(1, "eu/a/1", "v1"),
          endpoint(2, "eu/a/2", "v1"),
          endpoint(3, "eu/b/1", "v2"),
          endpoint(4, "us/c/1", "v2"),
          endpoint(5, "ap/d/1", "v1"));

  private static String rule(String namespace, String spec) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: orders, namespace: %s}
    spec:
    %s
    """
        .formatted(namespace, spec.indent(2).stripTrailing());
  }

  private static String policy(String policy) {
    return rule("shop", "host: orders\ntrafficPolicy:\n" + policy.indent(2));
  }

  private static Compiled compile(String... documents) {
    return parsed(SERVICE + "---\n" + ENDPOINTS + "---\n" + String.join("---\n", documents));
  }

  private static Compiled parsed(String yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
  }

  private static List<FindingCode> codes(Compiled compiled) {
    return compiled.findings().stream().map(Finding::code).distinct().toList();
  }

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

  // ---- localities ----

  /** Istio's ranks: same subzone, zone, region, the rest. */
  @ParameterizedTest
  @CsvSource({
    "eu/a/1, '0 1 2 3 3'",
    "eu/a/2, '1 0 2 3 3'",
    "eu/b/9, '1 1 0 2 2'",
    "eu/z/1, '0 0 0 1 1'",
    "us/c/1, '1 1 1 0 1'",
    "sa/x/1, '0 0 0 0 0'",
    "'', '0 0 0 0 0'"
  })
  void locality_nearestFirst_withOutlierDetection(String caller, String priorities) {
    assertThat(priorities(compile(policy("outlierDetection: {}")), caller)).isEqualTo(priorities);
  }

  @Test
  void locality_withoutOutlierDetection_doesNotMatter() {
    assertThat(priorities(compile(), "eu/a/1")).isEqualTo("0 0 0 0 0");
    assertThat(
            priorities(
                compile(
                    policy("loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}")),
                "eu/a/1"))
        .isEqualTo("0 0 0 0 0");
  }

  @Test
  void locality_switchedOff_doesNotMatter() {
    assertThat(
            priorities(
                compile(
                    policy(
                        "outlierDetection: {}\n"
                            + "loadBalancer: {localityLbSetting: {enabled: false}}")),
                "eu/a/1"))
        .isEqualTo("0 0 0 0 0");
  }

  @Test
  void failover_namesTheRegionThatTakesOver() {
    Compiled compiled =
        compile(
            policy(
                "outlierDetection: {}\n"
                    + "loadBalancer: {localityLbSetting: {failover: [{from: eu, to: ap}]}}"));
    assertThat(priorities(compiled, "eu/a/1")).isEqualTo("0 1 2 4 3");
    assertThat(priorities(compiled, "us/c/1")).isEqualTo("1 1 1 0 1");
  }

  @Test
  void failoverPriority_ranksByLabels() {
    Compiled compiled =
        compile(
            policy(
                "outlierDetection: {}\n"
                    + "loadBalancer: {localityLbSetting: {failoverPriority: [version=v2,"
                    + " topology.kubernetes.io/region]}}"));
    assertThat(priorities(compiled, "eu/a/1")).isEqualTo("2 2 0 1 2");
  }

  @Test
  void trafficDistribution_prefersTheZone_withoutOutlierDetection() {
    Compiled compiled =
        parsed(
            SERVICE.replace("spec: {", "spec: {trafficDistribution: PreferSameZone, ")
                + "---\n"
                + ENDPOINTS);
    assertThat(priorities(compiled, "eu/a/1")).isEqualTo("0 0 1 2 2");
  }

  /** The priority of each endpoint, in the order of their addresses. */
  private static String priorities(Compiled compiled, String caller) {
    int[] priorities = new int[5];
    for (LocalityLbEndpoints locality :
        at(compiled, caller).assignment(ORDERS).getEndpointsList()) {
      locality
          .getLbEndpointsList()
          .forEach(
              endpoint -> {
                String address =
                    endpoint.getEndpoint().getAddress().getSocketAddress().getAddress();
                priorities[address.charAt(address.length() - 1) - '1'] = locality.getPriority();
              });
    }
    StringBuilder text = new StringBuilder();
    for (int priority : priorities) {
      text.append(text.isEmpty() ? "" : " ").append(priority);
    }
    return text.toString();
  }

  private static Compiled at(Compiled compiled, String place) {
    Locality locality = place.isEmpty() ? Locality.UNKNOWN : LocalityPlan.place(place);
    return new Compiled(
        compiled.resources(),
        compiled.findings(),
        View.lookupOrder(CapabilityClass.INMESH, "shop", locality));
  }

  @Test
  void distribute_givesLocalitiesTheirShares() throws Exception {
    Compiled compiled =
        compile(
            policy(
                "outlierDetection: {}\n"
                    + "loadBalancer: {localityLbSetting: {distribute: [{from: eu/*, to: {eu/a/*:"
                    + " 80, us/*: 20}}]}}"));
    assertThat(at(compiled, "eu/b/1").assignment(ORDERS).getEndpointsList())
        .extracting(
            locality -> locality.getLocality().getZone() + locality.getLocality().getSubZone(),
            locality -> locality.getLoadBalancingWeight().getValue(),
            LocalityLbEndpoints::getPriority)
        .containsExactly(tuple("a1", 400_000, 0), tuple("a2", 400_000, 0), tuple("c1", 200_000, 0));
    assertThat(at(compiled, "us/c/1").assignment(ORDERS).getEndpointsList())
        .extracting(locality -> locality.getLoadBalancingWeight().getValue())
        .containsOnly(1);
    assertThat(
            compiled
                .cluster(ORDERS)
                .getLoadBalancingPolicy()
                .getPolicies(0)
                .getTypedExtensionConfig()
                .getTypedConfig()
                .unpack(LeastRequest.class)
                .getLocalityLbConfig()
                .hasLocalityWeightedLbConfig())
        .isTrue();
    assertThat(
            compiled
                .seenBy(CapabilityClass.GRPC, "shop")
                .cluster(ORDERS)
                .getLoadBalancingPolicy()
                .getPolicies(0)
                .getTypedExtensionConfig()
                .getName())
        .isEqualTo("envoy.load_balancing_policies.wrr_locality");
  }

  @Test
  void zoneAware_partitionsByRegion_andLetsCallersCountThemselves() throws Exception {
    Compiled compiled = compile(policy("loadBalancer: {zoneAwareLbSetting: {minClusterSize: 3}}"));
    Cluster cluster = compiled.cluster(ORDERS);
    assertThat(
            cluster
                .getLoadBalancingPolicy()
                .getPolicies(0)
                .getTypedExtensionConfig()
                .getTypedConfig()
                .unpack(LeastRequest.class)
                .getLocalityLbConfig()
                .getZoneAwareLbConfig()
                .getMinClusterSize()
                .getValue())
        .isEqualTo(3);
    assertThat(cluster.getCommonLbConfig().getZoneAwareLbConfig().getMinClusterSize().getValue())
        .isEqualTo(3);
    assertThat(compiled.endpoints("inmesh.local|orders.shop.svc.cluster.local")).isNotEmpty();
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").cluster(ORDERS).getCommonLbConfig())
        .isEqualTo(Cluster.CommonLbConfig.getDefaultInstance());
  }

  // ---- RoutePolicy of the service ----

  private static String endpointPolicy(String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: orders, namespace: shop}
    spec:
      targetRefs: [{kind: Service, name: orders}]
    %s
    """
        .formatted(spec.indent(2).stripTrailing());
  }

  private static List<String> balancers(Compiled compiled, CapabilityClass clients) {
    return compiled
        .seenBy(clients, "shop")
        .cluster(ORDERS)
        .getLoadBalancingPolicy()
        .getPoliciesList()
        .stream()
        .map(policy -> policy.getTypedExtensionConfig().getName().replaceAll(".*\\.", ""))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peakEwma: {failurePenalty: 5s} | peak_ewma least_request round_robin | least_request"
            + " round_robin",
        "utilization: {} | client_side_weighted_round_robin least_request round_robin |"
            + " client_side_weighted_round_robin least_request round_robin",
        "pickFirst: {shuffle: true} | pick_first least_request round_robin | pick_first"
            + " least_request round_robin",
        "custom: {name: a.b.Own, settings: {x: 1}} | Own least_request round_robin | least_request"
            + " round_robin"
      })
  void policyBalancer_comesBeforeThoseThatEverybodyKnows(String policy, String ours, String grpc) {
    Compiled compiled = compile(endpointPolicy("loadBalancer: {" + policy + "}"));
    assertThat(balancers(compiled, CapabilityClass.INMESH)).isEqualTo(List.of(ours.split(" ")));
    assertThat(balancers(compiled, CapabilityClass.GRPC)).isEqualTo(List.of(grpc.split(" ")));
  }

  @Test
  void utilization_outOfBand_saysHowOften() throws Exception {
    ClientSideWeightedRoundRobin weights =
        compile(endpointPolicy("loadBalancer: {utilization: {outOfBand: 2s}}"))
            .cluster(ORDERS)
            .getLoadBalancingPolicy()
            .getPolicies(0)
            .getTypedExtensionConfig()
            .getTypedConfig()
            .unpack(ClientSideWeightedRoundRobin.class);
    assertThat(weights.getEnableOobLoadReport().getValue()).isTrue();
    assertThat(weights.getOobReportingPeriod().getSeconds()).isEqualTo(2);
  }

  @Test
  void hashBalance_isSaidToEveryClient() throws Exception {
    Compiled compiled =
        compile(
            policy("loadBalancer: {consistentHash: {httpHeaderName: x-user}}"),
            endpointPolicy("loadBalancer: {hashBalancePercent: 150}"));
    for (CapabilityClass clients : CapabilityClass.values()) {
      assertThat(
              compiled
                  .seenBy(clients, "shop")
                  .cluster(ORDERS)
                  .getLoadBalancingPolicy()
                  .getPolicies(0)
                  .getTypedExtensionConfig()
                  .getTypedConfig()
                  .unpack(RingHash.class)
                  .getConsistentHashingLbConfig()
                  .getHashBalanceFactor()
                  .getValue())
          .isEqualTo(150);
    }
  }

  @Test
  void subsetAndAccrual_areForOurClientsOnly() throws Exception {
    Compiled compiled =
        compile(
            endpointPolicy(
                """
                loadBalancer: {subsetSize: 20}
                failureAccrual:
                  {maxFailures: 3, successRate: {threshold: 0.9}, honorRetryAfter: true}
                outlierDetection: {detectDegraded: true}
                """),
            policy("outlierDetection: {outlierDetectionHttpErrorCodes: [429]}"));
    Endpoints own =
        compiled
            .cluster(ORDERS)
            .getTypedExtensionProtocolOptionsOrThrow("inmesh.endpoints")
            .unpack(Endpoints.class);
    assertThat(own.getSubsetSize()).isEqualTo(20);
    assertThat(own.getFailureAccrual().getMaxFailures()).isEqualTo(3);
    assertThat(own.getFailureAccrual().getJitterRatio()).isEqualTo(0.5);
    assertThat(own.getFailureAccrual().getHonorRetryAfter()).isTrue();
    FailureAccrual.SuccessRate rate = own.getFailureAccrual().getSuccessRate();
    assertThat(rate.getThreshold().getValue()).isEqualTo(0.9);
    assertThat(rate.getWindow().getSeconds()).isEqualTo(10);
    assertThat(rate.getMinRequests().getValue()).isEqualTo(5);
    assertThat(own.getDetectDegradedHosts()).isTrue();
    assertThat(own.getOutlierErrors(0).getFirst()).isEqualTo(429);
    assertThat(
            compiled
                .seenBy(CapabilityClass.GRPC, "shop")
                .cluster(ORDERS)
                .getTypedExtensionProtocolOptionsMap())
        .doesNotContainKey("inmesh.endpoints");
  }

  @Test
  void healthCheck_andPreconnect() {
    Compiled compiled =
        compile(
            endpointPolicy(
                "loadBalancer: {preconnect: 1.5, predictivePreconnect: 2}\n"
                    + "healthCheck: {http: {path: /healthz, statuses: [200, 204]}, interval: 5s}"));
    Cluster cluster = compiled.cluster(ORDERS);
    assertThat(cluster.getPreconnectPolicy().getPerUpstreamPreconnectRatio().getValue())
        .isEqualTo(1.5);
    assertThat(cluster.getPreconnectPolicy().getPredictivePreconnectRatio().getValue())
        .isEqualTo(2);
    HealthCheck check = cluster.getHealthChecks(0);
    assertThat(check.getHttpHealthCheck().getPath()).isEqualTo("/healthz");
    assertThat(check.getInterval().getSeconds()).isEqualTo(5);
    assertThat(check.getTimeout().getSeconds()).isEqualTo(15);
    assertThat(check.getUnhealthyThreshold().getValue()).isEqualTo(5);
    assertThat(check.getHealthyThreshold().getValue()).isEqualTo(1);
    assertThat(check.getHttpHealthCheck().getExpectedStatusesList())
        .extracting(range -> range.getStart() + "-" + range.getEnd())
        .containsExactly("200-201", "204-205");
    assertThat(cluster.getIgnoreHealthOnHostRemoval()).isTrue();
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isZero();
    assertThat(compiled.seenBy(CapabilityClass.ENVOY, "shop").cluster(ORDERS).getHealthChecksList())
        .hasSize(1);
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").cluster(ORDERS).getHealthChecksList())
        .as("stock gRPC does not probe")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "healthCheck: {grpc: {service: shop.Orders}} | grpc_health_check",
        "healthCheck: {grpc: {}} | grpc_health_check",
        "healthCheck: {tcp: {}} | tcp_health_check",
        "healthCheck: {tcp: {send: PING, receive: [PONG]}} | tcp_health_check",
      })
  void healthCheck_ofOtherKinds(String policy, String field) {
    Compiled compiled = compile(endpointPolicy(policy));
    assertThat(compiled.findings()).isEmpty();
    assertThat(compiled.cluster(ORDERS).getHealthChecks(0).getAllFields().keySet())
        .extracting(descriptor -> descriptor.getName())
        .contains(field);
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

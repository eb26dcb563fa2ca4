package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.Locality;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.filters.v1.InFlightLimit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets which policy. */
class ServerPoliciesTest {
  private static final Workload ORDERS = workload("shop", "orders");
  private static final Workload STOCK = workload("shop", "stock");
  private static final Workload ELSEWHERE = workload("other", "orders");
  private static final RegistrySnapshot REGISTRY =
      registry(instance("shop", "orders", "a").port("http", "http", 80, 8080));

  private final MeshCompiler compiler = new MeshCompiler();

  private static Workload workload(String namespace, String service) {
    return new Workload(namespace, service, new TreeMap<>(Map.of("app", service)));
  }

  private void compile(String yaml) {
    compiler.configChanged(ConfigLoader.parse("f.yaml", yaml).set());
    compiler.registryChanged(REGISTRY, REGISTRY.services().keySet());
    for (Workload workload : List.of(ORDERS, STOCK, ELSEWHERE)) {
      compiler.workloadConnected(workload);
    }
    StockClientRules.check(compiler.resources());
  }

  private static String deny(String namespace, String more) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: p, namespace: %s}
    spec: {action: DENY, rules: [{}]%s}
    """
        .formatted(namespace, more);
  }

  private List<HttpFilter> filters(CapabilityClass clients, Workload workload) {
    return filters(listener(clients, workload));
  }

  private Listener listener(CapabilityClass clients, Workload workload) {
    return listener(clients, workload, 8080);
  }

  private Listener listener(CapabilityClass clients, Workload workload, int port) {
    for (View view : View.lookupOrder(clients, workload, Locality.UNKNOWN)) {
      Message found =
          compiler.resources().get(new XdsKey(XdsType.LISTENER, Names.serverListener(port), view));
      if (found != null) {
        return (Listener) found;
      }
    }
    throw new AssertionError("no listener for " + workload);
  }

  private static List<HttpFilter> filters(Listener listener) {
    try {
      List<HttpFilter> all =
          listener
              .getFilterChains(0)
              .getFilters(0)
              .getTypedConfig()
              .unpack(HttpConnectionManager.class)
              .getHttpFiltersList();
      return all.subList(0, all.size() - 1);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> names(CapabilityClass clients, Workload workload) {
    return filters(clients, workload).stream().map(HttpFilter::getName).toList();
  }

  private boolean denied(Workload workload) {
    return names(CapabilityClass.INMESH, workload).equals(List.of("inmesh.authorization.deny"));
  }

  private boolean open(Workload workload) {
    return names(CapabilityClass.INMESH, workload).isEmpty();
  }

  /** Refused because it is not known what applies. */
  private boolean closed(Workload workload) throws InvalidProtocolBufferException {
    List<HttpFilter> filters = filters(CapabilityClass.INMESH, workload);
    return filters.size() == 1
        && filters.get(0).getName().equals("inmesh.authorization.allow")
        && filters.get(0).getTypedConfig().unpack(RBAC.class).getRules().getPoliciesCount() == 0;
  }

  @Test
  void aliasesOfTheTrustDomain_areTheSamePrincipals() throws Exception {
    compile(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: d}
        spec: {trustDomain: new.example, trustDomainAliases: [old.example]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
          rules:
          - from: [{source: {principals: [old.example/ns/a/sa/b, other.example/ns/c/sa/d]}}]
        """);
    assertThat(
            filters(CapabilityClass.INMESH, ORDERS)
                .get(0)
                .getTypedConfig()
                .unpack(RBAC.class)
                .toString())
        .contains(
            "spiffe://new.example/ns/a/sa/b",
            "spiffe://old.example/ns/a/sa/b",
            "spiffe://other.example/ns/c/sa/d")
        .doesNotContain("spiffe://new.example/ns/c/sa/d");
  }

  @Test
  void withoutPolicies_everybodyHasTheSame() {
    compile("");
    assertThat(open(ORDERS)).isTrue();
    assertThat(compiler.resources().keySet()).noneMatch(key -> !key.view().workload().isEmpty());
  }

  @Test
  void namespacePolicy_appliesToItsNamespace() {
    compile(deny("shop", ""));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(denied(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
  }

  @Test
  void rootPolicy_appliesEverywhere() {
    compile(deny("inmesh-system", ""));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(denied(ELSEWHERE)).isTrue();
  }

  @Test
  void selector_singlesOutAWorkload_andStrangersAreNotLetOff() throws Exception {
    compile(deny("shop", ", selector: {matchLabels: {app: orders}}"));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
    assertThat(closed(workload("shop", "unknown"))).isTrue();
  }

  @Test
  void rootSelector_singlesOutWorkloadsOfAllNamespaces() throws Exception {
    compile(deny("inmesh-system", ", selector: {matchLabels: {app: orders}}"));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    assertThat(denied(ELSEWHERE)).isTrue();
    assertThat(closed(workload("third", "unknown"))).isTrue();
  }

  @Test
  void targetRef_singlesOutWhoAnswersForAService() {
    compile(
        deny("shop", ", targetRefs: [{kind: Service, name: orders}]")
            + """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: orders, namespace: shop}
            spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 8080}]}
            """);
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
  }

  @Test
  void filters_areInIstiosOrder() {
    compile(
        String.join(
            "---\n",
            deny("shop", ""),
            deny("shop", "").replace("name: p", "name: a").replace("DENY", "ALLOW"),
            deny("shop", "").replace("name: p", "name: u").replace("DENY", "AUDIT"),
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: t, namespace: shop}
            spec: {jwtRules: [{issuer: i, jwksUri: "https://i/keys"}]}
            """));
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly(
            "envoy.filters.http.jwt_authn",
            "inmesh.authorization.audit",
            "inmesh.authorization.deny",
            "inmesh.authorization.allow");
    assertThat(names(CapabilityClass.GRPC, ORDERS))
        .as("stock gRPC cannot check tokens")
        .containsExactly("inmesh.authorization.allow");
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("POLICY_NOT_ENFORCEABLE");
  }

  private static final String CUSTOM =
      deny("shop", ", provider: {name: opa}").replace("action: DENY", "action: CUSTOM");

  private static final String PROVIDER =
      """
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: d}
      spec:
        extensionProviders:
        - name: opa
          envoyExtAuthzGrpc: {service: opa.shop.svc.cluster.local, port: 9191}
      """;

  @Test
  void customPolicy_withoutProvider_refusesWhatItMatches() throws Exception {
    compile(CUSTOM);
    List<HttpFilter> filters = filters(CapabilityClass.INMESH, ORDERS);
    assertThat(filters).hasSize(1);
    RBAC refusing = filters.get(0).getTypedConfig().unpack(RBAC.class);
    assertThat(refusing.getRules().getActionValue()).isEqualTo(1);
    assertThat(refusing.getRules().getPoliciesCount()).isEqualTo(1);
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("PROVIDER_NOT_FOUND");
  }

  @Test
  void customPolicy_selectsWhatItsProviderIsAskedAbout() throws Exception {
    compile(CUSTOM + PROVIDER);
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly("inmesh.authorization.custom.opa", "envoy.filters.http.ext_authz.opa");
    ExtAuthz asking =
        filters(CapabilityClass.INMESH, ORDERS).get(1).getTypedConfig().unpack(ExtAuthz.class);
    assertThat(asking.getGrpcService().getEnvoyGrpc().getClusterName())
        .isEqualTo("outbound|9191||opa.shop.svc.cluster.local");
    assertThat(asking.getFailureModeAllow()).isFalse();
    assertThat(asking.getStatusOnError().getCodeValue()).isEqualTo(403);
    assertThat(names(CapabilityClass.GRPC, ORDERS))
        .as("stock gRPC cannot ask")
        .containsExactly("inmesh.authorization.allow");
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("PROVIDER_UNREACHABLE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "selector: {matchLabels: {app: opa}}   | rules: [{}]                                   |"
            + " true",
        "                                      | rules: [{}]                                   |"
            + " true",
        "selector: {matchLabels: {app: orders}}| rules: [{}]                                   |"
            + " false",
        "                                      | rules: [{to: [{operation: {paths: [/a/*]}}]}] |"
            + " false",
        "                                      | rules: [{to: [{operation: {paths: ['*/Check']}}]}]"
            + " | true",
        "                                      | rules: [{to: [{operation: {notPaths:"
            + " ['/envoy.*']}}]}] | false",
        "                                      | rules: []                                     |"
            + " false"
      })
  void customPolicy_thatSelectsItsProvider_isFound(String selector, String rules, boolean found) {
    compile(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: opa, namespace: shop}
        spec: {selector: {app: opa}, ports: [{name: grpc, port: 9191}]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
          action: CUSTOM
          provider: {name: opa}
          %s
          %s
        """
                .formatted(selector == null ? "" : selector, rules)
            + PROVIDER);
    assertThat(
            compiler.findings().stream()
                .anyMatch(finding -> finding.code() == FindingCode.PROVIDER_ASKS_ITSELF))
        .isEqualTo(found);
  }

  @Test
  void customPolicy_onTrial_asksNobody() {
    compile(
        CUSTOM.replace("{name: p,", "{name: p, annotations: {istio.io/dry-run: 'true'},")
            + PROVIDER);
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly("inmesh.authorization.custom");
  }

  private static final String ROUTED =
      """
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 8080}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: admin, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - {name: kill, matches: [{path: {type: Exact, value: /admin/kill}}]}
        - matches: [{path: {value: /admin}}]
          filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /a}}}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: rest, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules: [{matches: [{path: {value: /}}]}]
      """;

  private static String alike(String name, int port, int target) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s, namespace: shop}
    spec: {selector: {app: orders}, ports: [{name: http-%1$s, port: %2$d, targetPort: %3$d}]}
    """
        .formatted(name, port, target);
  }

  private List<Route> routes(CapabilityClass clients, Workload workload)
      throws InvalidProtocolBufferException {
    return hosts(clients, workload).get(0).getRoutesList();
  }

  private List<VirtualHost> hosts(CapabilityClass clients, Workload workload)
      throws InvalidProtocolBufferException {
    return listener(clients, workload)
        .getFilterChains(0)
        .getFilters(0)
        .getTypedConfig()
        .unpack(HttpConnectionManager.class)
        .getRouteConfig()
        .getVirtualHostsList();
  }

  /** How many rules the DENY filter has on a route; those of the listener if it has none. */
  private static int rules(Route route) throws InvalidProtocolBufferException {
    Any own = route.getTypedPerFilterConfigMap().get("inmesh.authorization.deny");
    return own == null
        ? -1
        : own.unpack(RBACPerRoute.class).getRbac().getRules().getPoliciesCount();
  }

  @Test
  void routePolicy_appliesToRequestsThatTheRouteTakes() throws Exception {
    compile(deny("shop", ", targetRefs: [{kind: HTTPRoute, name: admin}]") + ROUTED);
    assertThat(open(STOCK)).isTrue();
    assertThat(denied(ORDERS)).as("the filter is there").isTrue();
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.GRPC)) {
      List<Route> routes = routes(clients, ORDERS);
      assertThat(routes.get(0).getMatch().getPath()).isEqualTo("/admin/kill");
      assertThat(rules(routes.get(0))).as("as the listener's").isEqualTo(-1);
      assertThat(rules(routes.get(1))).as("as the listener's").isEqualTo(-1);
      assertThat(rules(routes.get(routes.size() - 2))).as("another route").isZero();
      assertThat(rules(routes.get(routes.size() - 1))).as("no route").isZero();
    }
    assertThat(routes(CapabilityClass.INMESH, ORDERS).get(1).getMatch().getPathSeparatedPrefix())
        .as("as the server sees it")
        .isEqualTo("/a");
  }

  @Test
  void routePolicy_concernsThePortsOfItsService() {
    compile(ADMIN_DENIED + ROUTED + alike("reports", 81, 9090));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(filters(listener(CapabilityClass.INMESH, ORDERS, 9090))).isEmpty();
  }

  /** Who may do something does not depend on the name that a caller writes. */
  @Test
  void cors_isOfTheServiceThatIsNamed_policiesAreOfAll() throws Exception {
    compile(
        deny("shop", ", targetRefs: [{kind: HTTPRoute, name: admin}]")
            + ROUTED.replace(
                "matches: [{path: {value: /}}]",
                "matches: [{path: {value: /}}], filters: [{type: CORS, cors: {}}]")
            + alike("twin", 80, 8080));
    List<VirtualHost> hosts = hosts(CapabilityClass.INMESH, ORDERS);
    assertThat(hosts.stream().map(host -> String.join(" ", host.getDomainsList())))
        .containsExactly(
            "twin.shop.svc.cluster.local:80 twin.shop.svc.cluster.local"
                + " twin.shop:80 twin.shop twin:80 twin",
            "*");
    for (int i = 0; i < hosts.size(); i++) {
      List<Route> routes = hosts.get(i).getRoutesList();
      assertThat(rules(routes.get(0))).as("as the listener's").isEqualTo(-1);
      assertThat(
              routes.stream()
                  .anyMatch(route -> route.containsTypedPerFilterConfig(CorsResources.FILTER)))
          .isEqualTo(i == 1);
    }
    View envoys = View.of(CapabilityClass.ENVOY).of(ORDERS);
    Message inbound =
        compiler.resources().get(new XdsKey(XdsType.ROUTES, EnvoyInbound.NAME, envoys));
    assertThat(((RouteConfiguration) requireNonNull(inbound)).getVirtualHosts(0).getRoutesList())
        .as("not refused because it cannot tell browsers anything")
        .hasSizeGreaterThan(1);
  }

  private static final String ADMIN_DENIED =
      deny("shop", ", targetRefs: [{kind: HTTPRoute, name: admin}]");

  private static String routed(String name, String path) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %1$s, namespace: shop}
    spec:
      parentRefs: [{group: "", kind: Service, name: %1$s}]
      rules: [{matches: [{path: {value: %2$s}}], filters: [{type: CORS, cors: {}}]}]
    """
        .formatted(name, path);
  }

  private static String allow(String name, String route, String account) {
    return """
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: %s, namespace: shop}
    spec:
      targetRefs: [{kind: HTTPRoute, name: %s}]
      rules: [{from: [{source: {serviceAccounts: [%s]}}]}]
    """
        .formatted(name, route, account);
  }

  /** The rules of a filter on the first route, the listener's if it has none. */
  private Map<String, Policy> rulesOfFirst(CapabilityClass clients, String filter)
      throws InvalidProtocolBufferException {
    return rulesOf(routes(clients, ORDERS).get(0), clients, filter);
  }

  private Map<String, Policy> rulesOf(Route route, CapabilityClass clients, String filter)
      throws InvalidProtocolBufferException {
    Any own = route.getTypedPerFilterConfigMap().get(filter);
    if (own != null) {
      return own.unpack(RBACPerRoute.class).getRbac().getRules().getPoliciesMap();
    }
    for (HttpFilter one : filters(clients, ORDERS)) {
      if (one.getName().equals(filter)) {
        return one.getTypedConfig().unpack(RBAC.class).getRules().getPoliciesMap();
      }
    }
    throw new AssertionError("no filter " + filter);
  }

  /** With each of these routes of another service on the same port. */
  @ParameterizedTest
  @CsvSource({
    "/, /api, true",
    "/api, /api, true",
    "/api, /api/v2, true",
    "/api/v2, /api, true",
    "/api, /web/of/others, false"
  })
  void routePolicy_holdsForRequestsThatAnotherServicesRouteTakesToo(
      String policed, String other, boolean both) throws Exception {
    compile(
        deny("shop", ", targetRefs: [{kind: HTTPRoute, name: mine}]")
            + alike("mine", 80, 8080)
            + routed("mine", policed)
            + alike("a-twin", 80, 8080)
            + routed("a-twin", other));
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.GRPC)) {
      assertThat(rulesOfFirst(clients, "inmesh.authorization.deny").isEmpty()).isEqualTo(!both);
      List<Route> routes = routes(clients, ORDERS);
      assertThat(rules(routes.get(routes.size() - 1))).as("no route").isZero();
    }
  }

  @Test
  void routePoliciesOfAllowRules_ofServicesWithOnePort_mustAllAllow() throws Exception {
    String services =
        alike("mine", 80, 8080)
            + routed("mine", "/")
            + alike("twin", 80, 8080)
            + routed("twin", "/api");
    compile(allow("p", "mine", "one") + services);
    assertThat(rulesOfFirst(CapabilityClass.INMESH, "inmesh.authorization.allow"))
        .as("the other route allows everything")
        .containsOnlyKeys("ns[shop]-policy[p]-rule[0]");

    compile(allow("p", "mine", "one") + allow("q", "twin", "two") + services);
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.GRPC)) {
      Map<String, Policy> rules = rulesOfFirst(clients, "inmesh.authorization.allow");
      assertThat(rules)
          .containsOnlyKeys("ns[shop]-policy[p]-rule[0] and ns[shop]-policy[q]-rule[0]");
      assertThat(rules.values().iterator().next().getPrincipalsList())
          .singleElement()
          .extracting(principal -> principal.getAndIds().getIdsCount())
          .isEqualTo(2);
    }

    String everywhere =
        """
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: w, namespace: shop}
        spec: {rules: [{from: [{source: {serviceAccounts: [three]}}]}]}
        """;
    compile(allow("p", "mine", "one") + everywhere + services);
    assertThat(rulesOfFirst(CapabilityClass.INMESH, "inmesh.authorization.allow"))
        .as("a Service that restricts none of its routes takes nothing from another's")
        .containsOnlyKeys("ns[shop]-policy[p]-rule[0]", "ns[shop]-policy[w]-rule[0]");

    compile(
        allow("p", "mine", "one")
            + allow("q", "twin-admin", "two")
            + everywhere
            + services
            + routed("twin", "/api/admin").replace("name: twin, n", "name: twin-admin, n"));
    Route api =
        routes(CapabilityClass.INMESH, ORDERS).stream()
            .filter(route -> route.getMatch().getPathSeparatedPrefix().equals("/api"))
            .findFirst()
            .orElseThrow();
    assertThat(rulesOf(api, CapabilityClass.INMESH, "inmesh.authorization.allow"))
        .as("of a route without such policies, those of the workload")
        .containsOnlyKeys("ns[shop]-policy[w]-rule[0]");
  }

  @Test
  void routePolicy_holdsWhereItIsNotKnownWhoListens() throws Exception {
    String unresolved =
        alike("a-twin", 81, 9999).replace("targetPort: 9999", "targetPort: nobodys")
            + routed("a-twin", "/a-twin");
    compile(ADMIN_DENIED + ROUTED + unresolved);
    View view = View.of(CapabilityClass.INMESH).of(ORDERS);
    Listener nobodys =
        (Listener)
            requireNonNull(
                compiler
                    .resources()
                    .get(new XdsKey(XdsType.LISTENER, Names.serverListener(0), view)));
    assertThat(filters(nobodys))
        .as("on a port of nobody, those of all")
        .extracting(HttpFilter::getName)
        .contains("inmesh.authorization.deny");

    compile(deny("shop", ", targetRefs: [{kind: HTTPRoute, name: a-twin}]") + ROUTED + unresolved);
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .as("on a port that may be of who does not say")
        .contains("inmesh.authorization.deny");
  }

  @Test
  void cors_ofHostsThatShareAName_leavesEachNameToOne() throws Exception {
    compile(
        ROUTED
                .substring("---\n".length())
                .replace(
                    "matches: [{path: {value: /}}]",
                    "matches: [{path: {value: /}}], filters: [{type: CORS, cors: {}}]")
            + alike("twin", 80, 8080)
            + """
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: twin, namespace: shop}
            spec:
              parentRefs: [{group: "", kind: Service, name: twin}]
              rules: [{matches: [{path: {value: /twin}}], filters: [{type: CORS, cors: {}}]}]
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: legacy, namespace: shop}
            spec:
              hosts: [orders.shop, legacy.example]
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
              resolution: STATIC
              workloadSelector: {labels: {app: orders}}
            """);
    assertThat(
            hosts(CapabilityClass.INMESH, ORDERS).stream()
                .flatMap(host -> host.getDomainsList().stream()))
        .contains("orders.shop", "orders.shop.svc.cluster.local", "legacy.example")
        .doesNotHaveDuplicates();
  }

  @Test
  void routePolicy_canBeForOneRule() throws Exception {
    compile(
        deny("shop", ", targetRefs: [{kind: HTTPRoute, name: admin, sectionName: kill}]") + ROUTED);
    List<Route> routes = routes(CapabilityClass.INMESH, ORDERS);
    assertThat(rules(routes.get(0))).isEqualTo(-1);
    assertThat(rules(routes.get(1))).isZero();
  }

  @Test
  void routePolicy_ofAllowRules_leavesOtherRequestsAlone() throws Exception {
    compile(
        deny("shop", ", targetRefs: [{kind: HTTPRoute, name: admin}]")
                .replace("action: DENY, rules: [{}]", "action: ALLOW, rules: []")
            + ROUTED);
    List<Route> routes = routes(CapabilityClass.INMESH, ORDERS);
    Any other = routes.get(3).getTypedPerFilterConfigOrThrow("inmesh.authorization.allow");
    assertThat(other.unpack(RBACPerRoute.class).getRbac().hasRules()).isFalse();
  }

  @Test
  void routePolicy_ofARouteThatNobodyServes_isFound() {
    compile(deny("shop", ", targetRefs: [{kind: HTTPRoute, name: gone}]") + ROUTED);
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("ROUTE_NOT_SERVED");
  }

  private boolean refusedAsBroken(Workload workload) {
    return names(CapabilityClass.INMESH, workload).equals(List.of("inmesh.authorization.broken"))
        && names(CapabilityClass.GRPC, workload).equals(List.of("inmesh.authorization.broken"));
  }

  @Test
  void brokenPolicy_refusesWhateverItSelects() throws Exception {
    compile(deny("shop", ", rulez: []"));
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(refusedAsBroken(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
    compile(deny("shop", ", rulez: [], selector: {matchLabels: {app: orders}}"));
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    compile(deny("shop", ", rulez: [], targetRefs: [{kind: Service, name: orders}]") + ROUTED);
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    compile(deny("shop", ", targetRefs: [{kind: HTTPRoute}]") + ROUTED);
    assertThat(refusedAsBroken(STOCK)).as("it may be meant for anybody").isTrue();
    compile("");
    assertThat(open(ORDERS)).isTrue();
  }

  @Test
  void denyByDefault_refusesWhereNothingIsAllowed() throws Exception {
    compile(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: d}
        spec: {denyByDefault: true}
        """);
    assertThat(closed(ORDERS)).isTrue();
  }

  private static String limited(String service, int port, int target, String spec) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s, namespace: shop}
    spec: {selector: {app: orders}, ports: [{name: http-%1$s, port: %2$d, targetPort: %3$d}]}
    ---
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %1$s, namespace: shop}
    spec: {targetRefs: [{kind: Service, name: %1$s}], %4$s}
    ---
    """
        .formatted(service, port, target, spec);
  }

  private static final String TWO_SERVICES =
      limited("a", 80, 8080, "concurrency: {maxInFlight: 1}")
          + limited("b", 81, 9090, "concurrency: {maxInFlight: 2}");

  /** The limit of requests in flight on a port; 0 if there is none. */
  private long maxInFlight(int port, Workload workload) throws Exception {
    for (HttpFilter filter : filters(listener(CapabilityClass.INMESH, workload, port))) {
      if (filter.getTypedConfig().is(InFlightLimit.class)) {
        return filter.getTypedConfig().unpack(InFlightLimit.class).getMax();
      }
    }
    return 0;
  }

  @Test
  void limitsOfServices_applyToThePortsOfTheirServers() throws Exception {
    compile(TWO_SERVICES);
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(1);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(2);
    assertThat(maxInFlight(9090, STOCK)).isZero();
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .doesNotContain(FindingCode.POLICY_CONFLICTED);
  }

  @Test
  void limitsOfServices_followTheirServersToOtherPorts() throws Exception {
    compile(TWO_SERVICES);
    RegistrySnapshot moved =
        registry(
            instance("shop", "orders", "a")
                .port("http-a", "http", 80, 9090)
                .port("http-b", "http", 81, 8080));
    compiler.registryChanged(moved, moved.services().keySet());
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(2);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(1);
    RegistrySnapshot back =
        registry(
            instance("shop", "orders", "a")
                .port("http-a", "http", 80, 8080)
                .port("http-b", "http", 81, 9090));
    compiler.registryChanged(back, back.services().keySet());
    assertThat(maxInFlight(8080, ORDERS)).as("the same ports as before").isEqualTo(1);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(2);
  }

  @Test
  void limitsOfServicesWithOnePort_theOlderCounts_andTheOtherIsFound() throws Exception {
    compile(
        limited("a", 80, 8080, "timeout: 1s, concurrency: {maxInFlight: 1}")
            + limited("b", 80, 8080, "concurrency: {maxInFlight: 2}")
                .replace(
                    "name: b, namespace: shop}\nspec: {targetRefs",
                    "name: b, namespace: shop, creationTimestamp: \"2020-01-01T00:00:00Z\"}\n"
                        + "spec: {targetRefs"));
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(2);
    assertThat(compiler.findings())
        .filteredOn(finding -> finding.code() == FindingCode.POLICY_CONFLICTED)
        .singleElement()
        .asString()
        .contains("RoutePolicy shop/a", "port 8080", "concurrency.maxInFlight");
  }
}

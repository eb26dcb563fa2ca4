package io.inmesh.server.compile;

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
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.server.config.Finding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is for some routes of a server only. */
class RoutePoliciesTest extends ShopServers {
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
}

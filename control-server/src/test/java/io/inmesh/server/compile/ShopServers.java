package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.Locality;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the servers of a shop are told. */
abstract class ShopServers {
  static final Workload ORDERS = workload("shop", "orders");
  static final Workload STOCK = workload("shop", "stock");
  static final Workload ELSEWHERE = workload("other", "orders");
  static final RegistrySnapshot REGISTRY =
      registry(instance("shop", "orders", "a").port("http", "http", 80, 8080));

  final MeshCompiler compiler = new MeshCompiler();

  static Workload workload(String namespace, String service) {
    return new Workload(namespace, service, new TreeMap<>(Map.of("app", service)));
  }

  void compile(String yaml) {
    compiler.configChanged(ConfigLoader.parse("f.yaml", yaml).set());
    compiler.registryChanged(REGISTRY, REGISTRY.services().keySet());
    for (Workload workload : List.of(ORDERS, STOCK, ELSEWHERE)) {
      compiler.workloadConnected(workload);
    }
    StockClientRules.check(compiler.resources());
  }

  static String deny(String namespace, String more) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: p, namespace: %s}
    spec: {action: DENY, rules: [{}]%s}
    """
        .formatted(namespace, more);
  }

  List<HttpFilter> filters(CapabilityClass clients, Workload workload) {
    return filters(listener(clients, workload));
  }

  Listener listener(CapabilityClass clients, Workload workload) {
    return listener(clients, workload, 8080);
  }

  Listener listener(CapabilityClass clients, Workload workload, int port) {
    for (View view : View.lookupOrder(clients, workload, Locality.UNKNOWN)) {
      Message found =
          compiler.resources().get(new XdsKey(XdsType.LISTENER, Names.serverListener(port), view));
      if (found != null) {
        return (Listener) found;
      }
    }
    throw new AssertionError("no listener for " + workload);
  }

  static List<HttpFilter> filters(Listener listener) {
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

  List<String> names(CapabilityClass clients, Workload workload) {
    return filters(clients, workload).stream().map(HttpFilter::getName).toList();
  }

  boolean denied(Workload workload) {
    return names(CapabilityClass.INMESH, workload).equals(List.of("inmesh.authorization.deny"));
  }

  boolean open(Workload workload) {
    return names(CapabilityClass.INMESH, workload).isEmpty();
  }

  /** Refused because it is not known what applies. */
  boolean closed(Workload workload) throws InvalidProtocolBufferException {
    List<HttpFilter> filters = filters(CapabilityClass.INMESH, workload);
    return filters.size() == 1
        && filters.get(0).getName().equals("inmesh.authorization.allow")
        && filters.get(0).getTypedConfig().unpack(RBAC.class).getRules().getPoliciesCount() == 0;
  }

  static final String ROUTED =
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

  static String alike(String name, int port, int target) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s, namespace: shop}
    spec: {selector: {app: orders}, ports: [{name: http-%1$s, port: %2$d, targetPort: %3$d}]}
    """
        .formatted(name, port, target);
  }

  List<Route> routes(CapabilityClass clients, Workload workload)
      throws InvalidProtocolBufferException {
    return hosts(clients, workload).get(0).getRoutesList();
  }

  List<VirtualHost> hosts(CapabilityClass clients, Workload workload)
      throws InvalidProtocolBufferException {
    return listener(clients, workload)
        .getFilterChains(0)
        .getFilters(0)
        .getTypedConfig()
        .unpack(HttpConnectionManager.class)
        .getRouteConfig()
        .getVirtualHostsList();
  }
}

package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;

/** VirtualServices of a shop in YAML, and what is compiled of them. */
final class OrdersVirtualServices {
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

  static final String TO_ORDERS = "route: [{destination: {host: orders}}]";

  private OrdersVirtualServices() {}

  /** One document, to be followed by others. */
  static String virtual(String name, String namespace, String spec) {
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

  /** A VirtualService for orders with this rule alone. */
  static String rule(String rule) {
    return virtual("vs", "shop", "hosts: [orders]\nhttp:\n- " + rule.indent(2).strip() + "\n");
  }

  static Compiled compile(String... yaml) {
    return compile(RegistrySnapshot.EMPTY, yaml);
  }

  /** With the services and subsets that every test knows. */
  static Compiled compile(RegistrySnapshot registry, String... yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", SERVICES + String.join("", yaml));
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), registry);
  }

  /** What this rule alone becomes; nothing may be wrong with it. */
  static Route first(String rule) {
    Compiled compiled = compile(rule(rule));
    assertThat(compiled.findings()).noneMatch(Finding::isError);
    return compiled.routes(ROUTES).get(0);
  }
}

package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;

/** A service with five instances in four regions, and what configures the way to it. */
final class OrdersService {
  private OrdersService() {}

  static final String ORDERS = "outbound|80||orders.shop.svc.cluster.local";
  static final String V2 = "outbound|80|v2|orders.shop.svc.cluster.local";
  static final String ROUTES = "orders.shop.svc.cluster.local:80";

  static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 80}, {name: grpc, port: 90, targetPort: 90}]}
      """;

  static String endpoint(int number, String locality, String version) {
    return """
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: orders-%1$d, namespace: shop}
    spec: {address: 10.0.0.%1$d, labels: {app: orders, version: %3$s}, locality: %2$s}
    """
        .formatted(number, locality, version);
  }

  static final String ENDPOINTS =
      String.join(
          "---\n",
          endpoint(1, "eu/a/1", "v1"),
          endpoint(2, "eu/a/2", "v1"),
          endpoint(3, "eu/b/1", "v2"),
          endpoint(4, "us/c/1", "v2"),
          endpoint(5, "ap/d/1", "v1"));

  static String rule(String namespace, String spec) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: orders, namespace: %s}
    spec:
    %s
    """
        .formatted(namespace, spec.indent(2).stripTrailing());
  }

  static String policy(String policy) {
    return rule("shop", "host: orders\ntrafficPolicy:\n" + policy.indent(2));
  }

  static Compiled compile(String... documents) {
    return parsed(SERVICE + "---\n" + ENDPOINTS + "---\n" + String.join("---\n", documents));
  }

  static Compiled parsed(String yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
  }

  static List<FindingCode> codes(Compiled compiled) {
    return compiled.findings().stream().map(Finding::code).distinct().toList();
  }
}

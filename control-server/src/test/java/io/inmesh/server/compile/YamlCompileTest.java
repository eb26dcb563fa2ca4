package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From YAML, as users write it. */
class YamlCompileTest {
  private static final List<String> DOCUMENTS =
      List.of(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: orders, namespace: shop}
          spec:
            selector: {app: orders}
            ports: [{name: http, port: 80, targetPort: 8080}]
          """,
          """
          apiVersion: v1
          kind: Service
          metadata: {name: orders-v1, namespace: shop}
          spec:
            selector: {app: orders, version: v1}
            ports: [{name: http, port: 80, targetPort: 8080}]
          """,
          """
          apiVersion: v1
          kind: Service
          metadata: {name: orders-v2, namespace: shop}
          spec:
            selector: {app: orders, version: v2}
            ports: [{name: http, port: 80, targetPort: 8080}]
          """,
          """
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: orders, namespace: shop}
          spec:
            parentRefs: [{group: "", kind: Service, name: orders, port: 80}]
            rules:
            - matches:
              - headers: [{name: X-Canary, value: "1"}]
              backendRefs: [{name: orders-v2, port: 80}]
            - timeouts: {request: 2s, backendRequest: 500ms}
              backendRefs:
              - {name: orders-v1, port: 80, weight: 90}
              - {name: orders-v2, port: 80, weight: 10}
          """,
          """
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: mine, namespace: web}
          spec:
            parentRefs: [{group: "", kind: Service, name: orders, namespace: shop, port: 80}]
            rules:
            - backendRefs: [{name: orders-v1, namespace: shop, port: 80}, {name: gone, port: 1}]
          """,
          """
          apiVersion: gateway.networking.k8s.io/v1
          kind: ReferenceGrant
          metadata: {name: web, namespace: shop}
          spec:
            from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}]
            to: [{group: "", kind: Service}]
          """,
          """
          apiVersion: inmesh.io/v1alpha1
          kind: RoutePolicy
          metadata: {name: orders, namespace: shop}
          spec:
            targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}]
            retry: {attempts: 3, on: [gateway-error], codes: [503]}
          """,
          """
          apiVersion: networking.istio.io/v1
          kind: ServiceEntry
          metadata: {name: legacy, namespace: shop}
          spec:
            hosts: [legacy.example.com]
            location: MESH_INTERNAL
            resolution: STATIC
            ports: [{number: 8080, name: http, protocol: HTTP}]
            workloadSelector: {labels: {app: legacy}}
          """,
          """
          apiVersion: networking.istio.io/v1
          kind: WorkloadEntry
          metadata: {name: legacy-1, namespace: shop}
          spec:
            address: 10.9.9.9
            labels: {app: legacy, version: v7}
            ports: {http: 18080}
            weight: 5
          """,
          """
          apiVersion: networking.istio.io/v1
          kind: ServiceEntry
          metadata: {name: partner, namespace: shop}
          spec:
            hosts: [api.partner.example]
            location: MESH_EXTERNAL
            resolution: DNS
            ports: [{number: 80, name: http, protocol: HTTP}]
            endpoints: [{address: a.partner.example}, {address: b.partner.example}]
          """,
          """
          apiVersion: inmesh.io/v1alpha1
          kind: MeshDefaults
          metadata: {name: default}
          spec: {timeout: 30s}
          """);

  private static final RegistrySnapshot REGISTRY =
      registry(
          instance("shop", "orders", "a").at("10.0.0.1").version("v1"),
          instance("shop", "orders", "b").at("10.0.0.2").version("v1").in("eu", "a"),
          instance("shop", "orders", "c").at("10.0.0.3").version("v2").in("eu", "b"),
          instance("shop", "inventory", "d").at("10.0.0.4").port("grpc", "grpc", 9090, 9091));

  @Test
  void canary_asTheQuickstartWritesIt() {
    Compiled compiled = compile(DOCUMENTS);

    assertThat(compiled.routes("orders.shop.svc.cluster.local:80"))
        .extracting(Route::getName, r -> r.getMatch().getHeadersCount())
        .containsExactly(tuple("HTTPRoute shop/orders#0", 1), tuple("HTTPRoute shop/orders#1", 0));
    Route split = compiled.routes("orders.shop.svc.cluster.local:80").get(1);
    assertThat(split.getRoute().getWeightedClusters().getClustersList())
        .extracting(ClusterWeight::getName, c -> c.getWeight().getValue())
        .containsExactly(
            tuple("outbound|80||orders-v1.shop.svc.cluster.local", 90),
            tuple("outbound|80||orders-v2.shop.svc.cluster.local", 10));
    assertThat(split.getRoute().getTimeout().getSeconds()).isEqualTo(2);
    assertThat(split.getRoute().getRetryPolicy().getNumRetries().getValue()).isEqualTo(3);
    assertThat(compiled.endpoints("outbound|80||orders-v1.shop.svc.cluster.local"))
        .containsExactly("10.0.0.1:8080 HEALTHY", "10.0.0.2:8080 HEALTHY");
    assertThat(compiled.endpoints("outbound|80||orders-v2.shop.svc.cluster.local"))
        .containsExactly("10.0.0.3:8080 HEALTHY");
    assertThat(
            compiled
                .routes("inventory.shop.svc.cluster.local:9090")
                .get(0)
                .getRoute()
                .getTimeout()
                .getSeconds())
        .as("the mesh's default")
        .isEqualTo(30);
  }

  @Test
  void serviceEntry_selectsWorkloadEntries_andResolvesNames() {
    Compiled compiled = compile(DOCUMENTS);

    assertThat(compiled.endpoints("outbound|8080||legacy.example.com"))
        .containsExactly("10.9.9.9:18080 HEALTHY");
    assertThat(compiled.listener("legacy.example.com:8080").hasApiListener()).isTrue();
    String partner = "outbound|80||api.partner.example";
    assertThat(compiled.cluster(partner).getType()).isEqualTo(Cluster.DiscoveryType.STRICT_DNS);
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "x").cluster(partner).getType())
        .isEqualTo(Cluster.DiscoveryType.LOGICAL_DNS);
  }

  @Test
  void findings_areFewAndPrecise() {
    assertThat(compile(DOCUMENTS).findings())
        .extracting(Finding::code, Finding::message)
        .containsExactly(tuple(FindingCode.BACKEND_NOT_FOUND, "there is no Service web/gone"));
  }

  @Test
  void anyDistributionOverFilesAndOrder_givesTheSameBytesAndFindings(@TempDir Path root)
      throws IOException {
    Map<String, String> expected = bytes(compile(DOCUMENTS).resources());
    List<String> expectedFindings = messages(compile(DOCUMENTS).findings());
    Random random = new Random(42);
    for (int round = 0; round < 12; round++) {
      List<String> shuffled = new ArrayList<>(DOCUMENTS);
      Collections.shuffle(shuffled, random);
      Path directory = Files.createDirectories(root.resolve("round-" + round));
      int files = 1 + random.nextInt(DOCUMENTS.size());
      Map<Integer, StringBuilder> contents = new TreeMap<>();
      for (String document : shuffled) {
        contents
            .computeIfAbsent(random.nextInt(files), f -> new StringBuilder())
            .append("---\n")
            .append(document);
      }
      for (Map.Entry<Integer, StringBuilder> file : contents.entrySet()) {
        Files.writeString(
            directory.resolve(random.nextInt(1000) + "-" + file.getKey() + ".yaml"),
            file.getValue());
      }
      Compiled compiled = compile(ConfigLoader.load(directory));

      assertThat(bytes(compiled.resources())).isEqualTo(expected);
      assertThat(messages(compiled.findings())).isEqualTo(expectedFindings);
    }
  }

  private static Compiled compile(List<String> documents) {
    return compile(ConfigLoader.parse("mesh.yaml", String.join("---\n", documents)));
  }

  private static Compiled compile(ConfigUpdate update) {
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), REGISTRY);
  }

  private static List<String> messages(List<Finding> findings) {
    return findings.stream().map(f -> f.code() + " " + f.resource() + " " + f.message()).toList();
  }

  private static Map<String, String> bytes(Map<XdsKey, Message> resources) {
    Map<String, String> bytes = new TreeMap<>();
    resources.forEach(
        (key, message) ->
            bytes.put(key.toString(), java.util.HexFormat.of().formatHex(message.toByteArray())));
    return bytes;
  }
}

package io.inmesh.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

  private static final String SHOP =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec:
        selector: {app: orders}
        ports:
        - {name: http, port: 80, targetPort: 8080, appProtocol: http}
        - {name: grpc, port: 9090, targetPort: grpc}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata:
        name: orders
        namespace: shop
        labels: {team: red}
        creationTimestamp: "2026-01-31T12:00:00Z"
      spec:
        parentRefs:
        - {group: "", kind: Service, name: orders, port: 80}
        rules:
        - name: canary
          matches:
          - path: {type: PathPrefix, value: /orders}
            headers: [{name: x-canary, value: "1"}]
            method: GET
          filters:
          - type: RequestHeaderModifier
            requestHeaderModifier:
              set: [{name: x-route, value: canary}]
              remove: [x-secret]
          timeouts: {request: 10s, backendRequest: 500ms}
          backendRefs:
          - {name: orders-v1, port: 80, weight: 90}
          - name: orders-v2
            namespace: other
            port: 80
            weight: 10
            filters:
            - {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: v, value: "2"}]}}
        - backendRefs: [{name: orders-v1, port: 80}]
      """;

  @Test
  void load_validDirectory_typedResources(@TempDir Path dir) throws Exception {
    Files.writeString(dir.resolve("shop.yaml"), SHOP);

    ConfigUpdate loaded = ConfigLoader.load(dir);

    assertThat(loaded.findings()).isEmpty();
    ServiceSpec service = loaded.set().services().get(0).spec();
    assertThat(service.port(80).orElseThrow().targetPort().number()).isEqualTo(8080);
    assertThat(service.port(9090).orElseThrow().targetPort().name()).isEqualTo("grpc");
    Resource<HttpRouteSpec> route = loaded.set().httpRoutes().get(0);
    assertThat(route.key()).hasToString("HTTPRoute shop/orders");
    assertThat(route.provenance()).hasToString("shop.yaml:10:1");
    assertThat(route.labels()).containsEntry("team", "red");
    assertThat(route.creationTimestamp()).isNotNull();
    assertThat(route.spec().parentRefs().get(0).isService()).isTrue();
    HttpRouteSpec.Rule rule = route.spec().rules().get(0);
    assertThat(rule.provenance()).hasToString("shop.yaml:21:5");
    assertThat(rule.timeouts())
        .isEqualTo(new HttpRouteSpec.Timeouts(Duration.ofSeconds(10), Duration.ofMillis(500)));
    assertThat(rule.matches().get(0).method()).isEqualTo("GET");
    assertThat(rule.backendRefs()).extracting(BackendRef::weight).containsExactly(90, 10);
    assertThat(rule.backendRefs())
        .extracting(BackendRef::namespace)
        .containsExactly("shop", "other");
    assertThat(rule.backendRefs().get(0).provenance()).hasToString("shop.yaml:33:7");
    assertThat(rule.backendRefs().get(1).filters())
        .singleElement()
        .isInstanceOf(RouteFilter.ResponseHeaders.class);
    assertThat(route.spec().rules().get(1).matches().get(0).path())
        .isEqualTo(HttpRouteSpec.PathMatch.ANY);
  }

  @Test
  void load_unknownField_didYouMeanAndThePlace(@TempDir Path dir) throws Exception {
    Files.writeString(dir.resolve("shop.yaml"), SHOP.replace("{type: PathPrefix,", "{typ: Exact,"));

    ConfigUpdate loaded = ConfigLoader.load(dir);

    assertThat(FindingText.render(loaded.findings()))
        .isEqualTo(
            "shop.yaml:23:14: error IM1203 HTTPRoute shop/orders"
                + " spec.rules[0].matches[0].path.typ: unknown field; did you mean 'type'?\n");
    assertThat(loaded.set().httpRoutes()).isEmpty();
    assertThat(loaded.set().services()).hasSize(1);
  }

  /** What {@code kubectl get -o yaml} prints is accepted without a word. */
  @Test
  void parse_dumpOfACluster_noFindings() {
    String dump =
        """
        apiVersion: v1
        kind: List
        metadata: {resourceVersion: ""}
        items:
        - apiVersion: v1
          kind: Service
          metadata:
            annotations:
              kubectl.kubernetes.io/last-applied-configuration: |
                {"apiVersion":"v1","kind":"Service"}
            creationTimestamp: "2026-01-31T12:00:00Z"
            labels: {app.kubernetes.io/name: orders}
            name: orders
            namespace: shop
            resourceVersion: "1234"
            uid: 0b1c
            managedFields: [{manager: kubectl, fieldsV1: {f:spec: {}}}]
          spec:
            clusterIP: 10.96.0.12
            clusterIPs: [10.96.0.12]
            internalTrafficPolicy: Cluster
            ipFamilies: [IPv4]
            ipFamilyPolicy: SingleStack
            ports:
            - {name: http, port: 80, protocol: TCP, targetPort: 8080}
            selector: {app: orders}
            sessionAffinity: None
            type: ClusterIP
          status: {loadBalancer: {}}
        - apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: orders, namespace: shop, generation: 3}
          spec:
            parentRefs: [{group: "", kind: Service, name: orders, port: 80}]
            rules:
            - backendRefs: [{group: "", kind: Service, name: orders, port: 80, weight: 1}]
              matches: [{path: {type: PathPrefix, value: /}}]
          status: {parents: []}
        """;

    ConfigUpdate parsed = ConfigLoader.parse("dump.yaml", dump);

    assertThat(parsed.findings()).isEmpty();
    assertThat(parsed.set().all()).hasSize(2);
    assertThat(parsed.set().httpRoutes().get(0).provenance()).hasToString("dump.yaml:30:3");
  }

  @Test
  void parse_jsonWithAFieldTwice_finding() {
    ConfigUpdate parsed =
        ConfigLoader.parse(
            "a.json",
            "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"a\",\"name\":\"b\"},"
                + "\"spec\":{\"ports\":[{\"port\":80}]}}");

    assertThat(FindingText.render(parsed.findings()))
        .isEqualTo(
            "a.json:1:60: error IM1005 Service default/a metadata.name: the field is there twice; it"
                + " is also in line 1\n");
  }

  @Test
  void load_missingDirectory_oneFinding(@TempDir Path dir) {
    ConfigUpdate loaded = ConfigLoader.load(dir.resolve("absent"));

    assertThat(loaded.set().all()).isEmpty();
    assertThat(loaded.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(FindingCode.DIRECTORY_UNREADABLE);
              assertThat(finding.message()).endsWith("absent does not exist");
            });
  }

  @Test
  void generation_sameContentOtherwiseWritten_isEqual() {
    String json =
        """
        {"kind":"List","apiVersion":"v1","items":[{"kind":"Service","apiVersion":"v1",
         "spec":{"ports":[{"port":80}]},"metadata":{"name":"a","uid":"1"},"status":{}}]}
        """;
    String yaml =
        """
        # a comment
        apiVersion: v1
        kind: Service
        metadata:
          namespace: default
          name: a
        spec:
          selector:
          ports:
          - port: 80
        """;

    assertThat(ConfigLoader.parse("a.json", json).findings()).isEmpty();
    assertThat(ConfigLoader.parse("b.yaml", yaml).findings()).isEmpty();
    assertThat(ConfigLoader.parse("a.json", json).set().generation())
        .isEqualTo(ConfigLoader.parse("b.yaml", yaml).set().generation())
        .isNotEqualTo(ConfigSet.EMPTY.generation());
    assertThat(
            ConfigLoader.parse("a.json", json)
                .set()
                .changesSince(ConfigLoader.parse("b.yaml", yaml.replace("80", "81")).set()))
        .extracting(ResourceKey::toString)
        .isEqualTo(List.of("Service default/a"));
  }
}

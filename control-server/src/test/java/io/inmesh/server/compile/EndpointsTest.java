package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.InstanceHealth;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which instances answer on which port, and what is spoken there. */
class EndpointsTest {
  private static final String CLUSTER = "outbound|80||orders.shop.svc.cluster.local";

  @ParameterizedTest
  @CsvSource({
    // The Service's port; the instance's name, service port and own port; where callers connect.
    "'{name: http, port: 80, targetPort: web}', web, 1, 31000, 31000",
    "'{name: http, port: 80, targetPort: web}', http, 1, 31000, 31000",
    "'{name: http, port: 80, targetPort: 8080}', http, 1, 31000, 31000",
    "'{name: http, port: 80, targetPort: 8080}', other, 80, 31000, 31000",
    "'{name: http, port: 80, targetPort: 8080}', other, 1, 8080, 8080",
    "'{name: http, port: 80}', other, 1, 80, 80",
    "'{name: http, port: 80, targetPort: 8080}', other, 1, 31000, 0"
  })
  void instancePort_byTargetName_thenName_thenServicePort_thenTargetNumber(
      String servicePort, String name, int announcedFor, int instancePort, int expected) {
    Compiled compiled =
        compile(
            service("orders", "{app: orders}", servicePort),
            instance("shop", "orders", "a").port(name, "http", announcedFor, instancePort));

    assertThat(compiled.endpoints(CLUSTER))
        .isEqualTo(expected == 0 ? List.of() : List.of("10.0.0.1:" + expected + " HEALTHY"));
  }

  @ParameterizedTest
  @CsvSource({
    // appProtocol and name of the Service's port; what the instances say; HTTP/2?
    "http, web, grpc, false",
    "grpc, web, http, true",
    "kubernetes.io/h2c, web, http, true",
    "'', http, grpc, false",
    "'', grpc-api, http, true",
    "'', http2, http, true",
    "'', web, grpc, true",
    "'', web, http2, true",
    "'', web, http, false",
    "'', web, '', false"
  })
  void protocol_asTheServiceSays_elseAsTheInstancesSay(
      String appProtocol, String portName, String instances, boolean http2) throws Exception {
    String port =
        "{name: %s, port: 80%s}"
            .formatted(portName, appProtocol.isEmpty() ? "" : ", appProtocol: " + appProtocol);
    Instances[] registered =
        instances.isEmpty()
            ? new Instances[0]
            : new Instances[] {instance("shop", "orders", "a").port(portName, instances, 80, 81)};
    Cluster cluster =
        compile(service("orders", "{app: orders}", port), registered).cluster(CLUSTER);

    assertThat(
            cluster
                .getTypedExtensionProtocolOptionsOrThrow(
                    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
                .unpack(HttpProtocolOptions.class)
                .getExplicitHttpConfig()
                .hasHttp2ProtocolOptions())
        .isEqualTo(http2);
  }

  @Test
  void instancesThatDisagree_areSpokenToInTheLeast() throws Exception {
    Compiled compiled =
        compile(
            service("orders", "{app: orders}", "{name: web, port: 80}"),
            instance("shop", "orders", "a").at("10.0.0.1").port("web", "http2", 80, 81),
            instance("shop", "orders", "b").at("10.0.0.2").port("web", "http", 80, 81));

    assertThat(
            compiled
                .cluster(CLUSTER)
                .getTypedExtensionProtocolOptionsOrThrow(
                    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
                .unpack(HttpProtocolOptions.class)
                .getExplicitHttpConfig()
                .hasHttpProtocolOptions())
        .isTrue();
  }

  @Test
  void portThatIsNotHttp_hasNoResources_andIsNoted() {
    Compiled compiled =
        compile(
            service(
                "orders",
                "{app: orders}",
                "{name: tcp-db, port: 5432}, {name: dns, port: 53, protocol: UDP},"
                    + " {name: http, port: 80}"));

    assertThat(compiled.resources().keySet())
        .extracting(XdsKey::name)
        .noneMatch(name -> name.contains("5432") || name.contains("|53|"));
    assertThat(codes(compiled)).contains(FindingCode.PORT_NOT_ROUTED);
  }

  @Test
  void serviceWithoutSelector_isAnsweredByWhoRegisteredUnderItsName() {
    Compiled compiled =
        compile(
            service("orders", "{}", "{name: http, port: 80}"),
            instance("shop", "orders", "a").label("app", "else"),
            instance("shop", "billing", "b").at("10.0.0.2"));

    assertThat(compiled.endpoints(CLUSTER)).containsExactly("10.0.0.1:8080 HEALTHY");
    assertThat(compiled.listener("billing.shop.svc.cluster.local:80").hasApiListener())
        .as("an implicit service")
        .isTrue();
  }

  @Test
  void implicitServicesSwitchedOff_unselectedInstancesAreNotReachable() {
    Compiled compiled =
        compile(
            """
            apiVersion: inmesh.io/v1alpha1
            kind: MeshDefaults
            metadata: {name: default}
            spec: {implicitServices: false}
            """,
            instance("shop", "billing", "b"));

    assertThat(compiled.find(XdsType.LISTENER, "billing.shop.svc.cluster.local:80")).isNull();
  }

  @Test
  void twoRegistrationsAtOneAddress_theNewerCounts() {
    Compiled compiled =
        compile(
            service("orders", "{app: orders}", "{name: http, port: 80}"),
            instance("shop", "orders", "a").epoch(7).health(InstanceHealth.DRAINING),
            instance("shop", "orders", "b").epoch(3));

    assertThat(compiled.endpoints(CLUSTER)).containsExactly("10.0.0.1:8080 DRAINING");
  }

  @Test
  void operatorsWeightAndLocality_goBeforeTheInstancesClaim_itsHealthStays() {
    Compiled compiled =
        compile(
            service("orders", "{app: orders}", "{name: http, port: 80, targetPort: 8080}")
                + """
                ---
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: a, namespace: shop}
                spec: {address: 10.0.0.1, labels: {app: orders}, weight: 9, locality: eu/b}
                """,
            instance("shop", "orders", "a")
                .in("us", "x")
                .weight(100)
                .health(InstanceHealth.UNHEALTHY));

    assertThat(compiled.endpoints(CLUSTER)).containsExactly("10.0.0.1:8080 UNHEALTHY");
    var locality = compiled.assignment(CLUSTER).getEndpoints(0);
    assertThat(locality.getLocality().getRegion()).isEqualTo("eu");
    LbEndpoint endpoint = locality.getLbEndpoints(0);
    assertThat(endpoint.getLoadBalancingWeight().getValue()).isEqualTo(9);
  }

  @Test
  void workloadOfWeightZero_isLeftOut() {
    Compiled compiled =
        compile(
            service("orders", "{app: orders}", "{name: http, port: 80, targetPort: 8080}")
                + """
                ---
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: a, namespace: shop}
                spec: {address: 10.0.0.1, labels: {app: orders}, weight: 0}
                """);

    assertThat(compiled.endpoints(CLUSTER)).isEmpty();
  }

  @Test
  void instanceWithoutTheLabelsOfItsService_isReported_andNotCalled() {
    Compiled compiled =
        compile(
            service("orders", "{app: orders, tier: front}", "{name: http, port: 80}"),
            instance("shop", "orders", "a"));

    assertThat(compiled.endpoints(CLUSTER)).isEmpty();
    assertThat(compiled.findings())
        .filteredOn(f -> f.code() == FindingCode.INSTANCE_NOT_SELECTED)
        .singleElement()
        .satisfies(
            f ->
                assertThat(f.message())
                    .isEqualTo(
                        "1 registered as shop/orders without the labels"
                            + " {app=orders, tier=front}: nobody can call them"));
  }

  @Test
  void findings_aboutServices() {
    Compiled compiled =
        compile(
            service("orders", "{app: nobody}", "{name: http, port: 80}")
                + """
                ---
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: clash, namespace: shop}
                spec:
                  hosts: [orders.shop.svc.cluster.local]
                  resolution: STATIC
                  ports: [{number: 81, name: http, protocol: HTTP}]
                  endpoints: [{address: 10.0.0.9}]
                """);

    assertThat(codes(compiled))
        .contains(FindingCode.DUPLICATE_SERVICE, FindingCode.SELECTS_NOTHING);
    assertThat(compiled.find(XdsType.LISTENER, "orders.shop.svc.cluster.local:81")).isNull();
    assertThat(compiled.listener("orders.shop.svc.cluster.local:80").hasApiListener()).isTrue();
  }

  private static String service(String name, String selector, String ports) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s, namespace: shop}
    spec: {selector: %s, ports: [%s]}
    """
        .formatted(name, selector, ports);
  }

  private static List<FindingCode> codes(Compiled compiled) {
    return compiled.findings().stream().map(Finding::code).toList();
  }

  private static Compiled compile(String yaml, Instances... instances) {
    ConfigUpdate config = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(config.findings()).noneMatch(Finding::isError);
    return Compiled.compile(config.set(), registry(instances));
  }

  /** A hundred bytes, times the endpoints, times the callers: what is added here is added there. */
  @Test
  void endpoint_takesAHundredBytes() {
    Instances[] instances = new Instances[100];
    for (int i = 0; i < instances.length; i++) {
      instances[i] =
          instance("shop", "orders", "instance-" + i)
              .at("10.0.0." + i)
              .port("http", "http", 80, 8080)
              .version("v1");
    }
    Compiled compiled =
        compile(service("orders", "{app: orders}", "{name: http, port: 80}"), instances);
    assertThat(compiled.assignment(CLUSTER).getEndpoints(0).getLbEndpointsList())
        .hasSize(100)
        .allSatisfy(endpoint -> assertThat(endpoint.getSerializedSize()).isLessThan(110));
  }
}

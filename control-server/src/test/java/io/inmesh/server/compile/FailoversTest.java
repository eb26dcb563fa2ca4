package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailoversTest {
  private static final String ORDERS = "outbound|80||orders.shop.svc.cluster.local";
  private static final String STANDBY = "outbound|80||standby.shop.svc.cluster.local";
  private static final String ARCHIVE = "outbound|80||archive.shop.svc.cluster.local";

  private static String service(String name, String port) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s, namespace: shop}
    spec: {selector: {app: %1$s}, ports: [%2$s]}
    """
        .formatted(name, port);
  }

  private static String failover(String service, String backends) {
    return """
    ---
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %1$s, namespace: shop}
    spec:
      targetRefs: [{kind: Service, name: %1$s}]
      failover: [%2$s]
    """
        .formatted(service, backends);
  }

  private static Compiled compile(String... policies) {
    String http = "{name: http, port: 80}";
    ConfigUpdate update =
        ConfigLoader.parse(
            "mesh.yaml",
            service("orders", http)
                + service("standby", http)
                + service("archive", http)
                + service("greeter", "{name: grpc, port: 80}")
                + String.join("", policies));
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
  }

  private static List<String> parts(Cluster cluster) throws Exception {
    assertThat(cluster.getClusterType().getName()).isEqualTo("envoy.clusters.aggregate");
    return cluster.getClusterType().getTypedConfig().unpack(ClusterConfig.class).getClustersList();
  }

  @Test
  void aggregate_hasTheNameOfRoutes_andItsOwnEndpointsFirst() throws Exception {
    Compiled compiled =
        compile(failover("orders", "{name: standby, port: 80}, {name: archive, port: 80}"));
    assertThat(parts(compiled.cluster(ORDERS)))
        .containsExactly(Names.own(ORDERS), STANDBY, ARCHIVE);
    Cluster own = compiled.cluster(Names.own(ORDERS));
    assertThat(own.getEdsClusterConfig().getServiceName()).isEqualTo(ORDERS);
    assertThat(own.getLoadBalancingPolicy().getPoliciesCount()).isPositive();
  }

  @Test
  void balancer_isThatOfTheParts_butForStockGrpc() throws Exception {
    Compiled compiled = compile(failover("orders", "{name: standby, port: 80}"));
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.ENVOY)) {
      Cluster cluster = compiled.seenBy(clients, "shop").cluster(ORDERS);
      assertThat(cluster.getLbPolicy()).isEqualTo(Cluster.LbPolicy.CLUSTER_PROVIDED);
      assertThat(cluster.hasLoadBalancingPolicy()).isFalse();
    }
    Compiled grpc = compiled.seenBy(CapabilityClass.GRPC, "shop");
    assertThat(grpc.cluster(ORDERS).getLoadBalancingPolicy())
        .isEqualTo(grpc.cluster(Names.own(ORDERS)).getLoadBalancingPolicy());
  }

  @Test
  void eachOther_isNoCircle() throws Exception {
    Compiled compiled =
        compile(
            failover("orders", "{name: standby, port: 80}"),
            failover("standby", "{name: orders, port: 80}"));
    assertThat(parts(compiled.cluster(ORDERS)))
        .containsExactly(Names.own(ORDERS), Names.own(STANDBY));
    assertThat(parts(compiled.cluster(STANDBY)))
        .containsExactly(Names.own(STANDBY), Names.own(ORDERS));
  }

  @ParameterizedTest
  @CsvSource({
    "orders, FAILOVER_NOT_POSSIBLE",
    "greeter, FAILOVER_NOT_POSSIBLE",
    "nobody, BACKEND_NOT_FOUND",
  })
  void whoCannot_isFound_andGetsNothing(String other, FindingCode code) {
    Compiled compiled = compile(failover("orders", "{name: " + other + ", port: 80}"));
    assertThat(compiled.problems()).extracting(Finding::code).containsOnlyOnce(code);
    assertThat(compiled.cluster(ORDERS).hasClusterType()).isFalse();
  }
}

package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ENDPOINTS;
import static io.inmesh.server.compile.OrdersService.ORDERS;
import static io.inmesh.server.compile.OrdersService.SERVICE;
import static io.inmesh.server.compile.OrdersService.compile;
import static io.inmesh.server.compile.OrdersService.endpoint;
import static io.inmesh.server.compile.OrdersService.parsed;
import static io.inmesh.server.compile.OrdersService.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.inmesh.model.Locality;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What DestinationRules and Services say of localities, and what callers in them are told. */
class LocalityRulesTest {
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
}

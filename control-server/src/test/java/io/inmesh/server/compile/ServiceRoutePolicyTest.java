package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ORDERS;
import static io.inmesh.server.compile.OrdersService.compile;
import static io.inmesh.server.compile.OrdersService.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.inmesh.wire.cluster.v1.Endpoints;
import io.inmesh.wire.cluster.v1.FailureAccrual;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From RoutePolicies of Services to clusters: balancers, health checks, failure accrual. */
class ServiceRoutePolicyTest {
  private static String endpointPolicy(String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: orders, namespace: shop}
    spec:
      targetRefs: [{kind: Service, name: orders}]
    %s
    """
        .formatted(spec.indent(2).stripTrailing());
  }

  private static List<String> balancers(Compiled compiled, CapabilityClass clients) {
    return compiled
        .seenBy(clients, "shop")
        .cluster(ORDERS)
        .getLoadBalancingPolicy()
        .getPoliciesList()
        .stream()
        .map(policy -> policy.getTypedExtensionConfig().getName().replaceAll(".*\\.", ""))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peakEwma: {failurePenalty: 5s} | peak_ewma least_request round_robin | least_request"
            + " round_robin",
        "utilization: {} | client_side_weighted_round_robin least_request round_robin |"
            + " client_side_weighted_round_robin least_request round_robin",
        "pickFirst: {shuffle: true} | pick_first least_request round_robin | pick_first"
            + " least_request round_robin",
        "custom: {name: a.b.Own, settings: {x: 1}} | Own least_request round_robin | least_request"
            + " round_robin"
      })
  void policyBalancer_comesBeforeThoseThatEverybodyKnows(String policy, String ours, String grpc) {
    Compiled compiled = compile(endpointPolicy("loadBalancer: {" + policy + "}"));
    assertThat(balancers(compiled, CapabilityClass.INMESH)).isEqualTo(List.of(ours.split(" ")));
    assertThat(balancers(compiled, CapabilityClass.GRPC)).isEqualTo(List.of(grpc.split(" ")));
  }

  @Test
  void utilization_outOfBand_saysHowOften() throws Exception {
    ClientSideWeightedRoundRobin weights =
        compile(endpointPolicy("loadBalancer: {utilization: {outOfBand: 2s}}"))
            .cluster(ORDERS)
            .getLoadBalancingPolicy()
            .getPolicies(0)
            .getTypedExtensionConfig()
            .getTypedConfig()
            .unpack(ClientSideWeightedRoundRobin.class);
    assertThat(weights.getEnableOobLoadReport().getValue()).isTrue();
    assertThat(weights.getOobReportingPeriod().getSeconds()).isEqualTo(2);
  }

  @Test
  void hashBalance_isSaidToEveryClient() throws Exception {
    Compiled compiled =
        compile(
            policy("loadBalancer: {consistentHash: {httpHeaderName: x-user}}"),
            endpointPolicy("loadBalancer: {hashBalancePercent: 150}"));
    for (CapabilityClass clients : CapabilityClass.values()) {
      assertThat(
              compiled
                  .seenBy(clients, "shop")
                  .cluster(ORDERS)
                  .getLoadBalancingPolicy()
                  .getPolicies(0)
                  .getTypedExtensionConfig()
                  .getTypedConfig()
                  .unpack(RingHash.class)
                  .getConsistentHashingLbConfig()
                  .getHashBalanceFactor()
                  .getValue())
          .isEqualTo(150);
    }
  }

  @Test
  void subsetAndAccrual_areForOurClientsOnly() throws Exception {
    Compiled compiled =
        compile(
            endpointPolicy(
                """
                loadBalancer: {subsetSize: 20}
                failureAccrual:
                  {maxFailures: 3, successRate: {threshold: 0.9}, honorRetryAfter: true}
                outlierDetection: {detectDegraded: true}
                """),
            policy("outlierDetection: {outlierDetectionHttpErrorCodes: [429]}"));
    Endpoints own =
        compiled
            .cluster(ORDERS)
            .getTypedExtensionProtocolOptionsOrThrow("inmesh.endpoints")
            .unpack(Endpoints.class);
    assertThat(own.getSubsetSize()).isEqualTo(20);
    assertThat(own.getFailureAccrual().getMaxFailures()).isEqualTo(3);
    assertThat(own.getFailureAccrual().getJitterRatio()).isEqualTo(0.5);
    assertThat(own.getFailureAccrual().getHonorRetryAfter()).isTrue();
    FailureAccrual.SuccessRate rate = own.getFailureAccrual().getSuccessRate();
    assertThat(rate.getThreshold().getValue()).isEqualTo(0.9);
    assertThat(rate.getWindow().getSeconds()).isEqualTo(10);
    assertThat(rate.getMinRequests().getValue()).isEqualTo(5);
    assertThat(own.getDetectDegradedHosts()).isTrue();
    assertThat(own.getOutlierErrors(0).getFirst()).isEqualTo(429);
    assertThat(
            compiled
                .seenBy(CapabilityClass.GRPC, "shop")
                .cluster(ORDERS)
                .getTypedExtensionProtocolOptionsMap())
        .doesNotContainKey("inmesh.endpoints");
  }

  @Test
  void healthCheck_andPreconnect() {
    Compiled compiled =
        compile(
            endpointPolicy(
                "loadBalancer: {preconnect: 1.5, predictivePreconnect: 2}\n"
                    + "healthCheck: {http: {path: /healthz, statuses: [200, 204]}, interval: 5s}"));
    Cluster cluster = compiled.cluster(ORDERS);
    assertThat(cluster.getPreconnectPolicy().getPerUpstreamPreconnectRatio().getValue())
        .isEqualTo(1.5);
    assertThat(cluster.getPreconnectPolicy().getPredictivePreconnectRatio().getValue())
        .isEqualTo(2);
    HealthCheck check = cluster.getHealthChecks(0);
    assertThat(check.getHttpHealthCheck().getPath()).isEqualTo("/healthz");
    assertThat(check.getInterval().getSeconds()).isEqualTo(5);
    assertThat(check.getTimeout().getSeconds()).isEqualTo(15);
    assertThat(check.getUnhealthyThreshold().getValue()).isEqualTo(5);
    assertThat(check.getHealthyThreshold().getValue()).isEqualTo(1);
    assertThat(check.getHttpHealthCheck().getExpectedStatusesList())
        .extracting(range -> range.getStart() + "-" + range.getEnd())
        .containsExactly("200-201", "204-205");
    assertThat(cluster.getIgnoreHealthOnHostRemoval()).isTrue();
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isZero();
    assertThat(compiled.seenBy(CapabilityClass.ENVOY, "shop").cluster(ORDERS).getHealthChecksList())
        .hasSize(1);
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").cluster(ORDERS).getHealthChecksList())
        .as("stock gRPC does not probe")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "healthCheck: {grpc: {service: shop.Orders}} | grpc_health_check",
        "healthCheck: {grpc: {}} | grpc_health_check",
        "healthCheck: {tcp: {}} | tcp_health_check",
        "healthCheck: {tcp: {send: PING, receive: [PONG]}} | tcp_health_check",
      })
  void healthCheck_ofOtherKinds(String policy, String field) {
    Compiled compiled = compile(endpointPolicy(policy));
    assertThat(compiled.findings()).isEmpty();
    assertThat(compiled.cluster(ORDERS).getHealthChecks(0).getAllFields().keySet())
        .extracting(descriptor -> descriptor.getName())
        .contains(field);
  }
}

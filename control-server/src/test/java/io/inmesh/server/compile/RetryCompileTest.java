package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.route.v1.RetrySafety;
import org.junit.jupiter.api.Test;

/** What the kinds say about retries, from YAML to xDS. */
class RetryCompileTest {
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
      ---
      """;

  private static final String ORDERS = "orders.shop.svc.cluster.local:80";
  private static final String CLUSTER = "outbound|80||orders.shop.svc.cluster.local";

  private static Compiled compile(String yaml, CapabilityClass clients) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", SERVICE + yaml);
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY).seenBy(clients, "shop");
  }

  private static String route(String retry) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: r, namespace: shop}
    spec:
      parentRefs: [{group: "", kind: Service, name: orders}]
      rules:
      - backendRefs: [{name: orders, port: 80}]
        retry: %s
    """
        .formatted(retry);
  }

  private static String virtualService(String retries) {
    return """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: v, namespace: shop}
    spec:
      hosts: [orders]
      http:
      - route: [{destination: {host: orders}}]
        retries: %s
    """
        .formatted(retries);
  }

  private static String rule(String policy) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: d, namespace: shop}
    spec:
      host: orders
      trafficPolicy: %s
    """
        .formatted(policy);
  }

  /** Codes and attempts are Envoy's; that the wait is a minimum only our clients can be told. */
  @Test
  void httpRoute_backoffIsAMinimum() throws Exception {
    String yaml = route("{codes: [500, 429], attempts: 3, backoff: 100ms}");
    Route route = compile(yaml, CapabilityClass.INMESH).routes(ORDERS).get(0);
    RetryPolicy policy = route.getRoute().getRetryPolicy();
    assertThat(policy.getNumRetries().getValue()).isEqualTo(3);
    assertThat(policy.getRetriableStatusCodesList()).containsExactly(429, 500);
    assertThat(policy.getRetryOn()).contains("retriable-status-codes");
    assertThat(policy.getRetryBackOff().getBaseInterval()).isEqualTo(Durations.fromMillis(100));
    RetrySafety safety =
        route
            .getTypedPerFilterConfigOrThrow("inmesh.retry")
            .unpack(FilterConfig.class)
            .getConfig()
            .unpack(RetrySafety.class);
    assertThat(safety.getMinWait()).isEqualTo(Durations.fromMillis(100));
    assertThat(safety.getNonIdempotentAllowed()).isFalse();
    assertThat(
            compile(yaml, CapabilityClass.ENVOY)
                .routes("inmesh.outbound")
                .get(0)
                .getTypedPerFilterConfigMap())
        .isEmpty();
  }

  /** Istio's backoff is Envoy's: a scale, not a minimum. */
  @Test
  void virtualService_saysAllOfIstiosFields() {
    Route route =
        compile(
                virtualService(
                    "{attempts: 4, perTryTimeout: 2s, retryOn: '5xx,503', backoff: 50ms,"
                        + " retryRemoteLocalities: true, retryIgnorePreviousHosts: false}"),
                CapabilityClass.INMESH)
            .routes(ORDERS)
            .get(0);
    RetryPolicy policy = route.getRoute().getRetryPolicy();
    assertThat(policy.getNumRetries().getValue()).isEqualTo(4);
    assertThat(policy.getPerTryTimeout()).isEqualTo(Durations.fromSeconds(2));
    assertThat(policy.getRetriableStatusCodesList()).containsExactly(503);
    assertThat(policy.getRetryOn()).contains("5xx");
    assertThat(policy.getRetryBackOff().getBaseInterval()).isEqualTo(Durations.fromMillis(50));
    assertThat(policy.hasRetryPriority()).isTrue();
    assertThat(policy.getRetryHostPredicateList()).isEmpty();
    assertThat(route.getTypedPerFilterConfigMap()).isEmpty();
  }

  @Test
  void destinationRule_retryBudget_isEnvoys() {
    Thresholds thresholds =
        compile(
                rule("{retryBudget: {percent: 12.5, minRetryConcurrency: 7}}"),
                CapabilityClass.INMESH)
            .cluster(CLUSTER)
            .getCircuitBreakers()
            .getThresholds(0);
    assertThat(thresholds.getRetryBudget().getBudgetPercent().getValue()).isEqualTo(12.5);
    assertThat(thresholds.getRetryBudget().getMinRetryConcurrency().getValue()).isEqualTo(7);
  }

  @Test
  void destinationRule_retryBudget_joinsOtherLimits_alsoOfAPort() {
    Thresholds thresholds =
        compile(
                rule(
                    "{retryBudget: {}, portLevelSettings: [{port: {number: 80}, connectionPool:"
                        + " {http: {http2MaxRequests: 9}}}]}"),
                CapabilityClass.INMESH)
            .cluster(CLUSTER)
            .getCircuitBreakers()
            .getThresholds(0);
    assertThat(thresholds.getMaxRequests().getValue()).isEqualTo(9);
    assertThat(thresholds.getRetryBudget().getBudgetPercent().getValue()).isEqualTo(20);
    assertThat(thresholds.getRetryBudget().getMinRetryConcurrency().getValue()).isEqualTo(3);
  }
}

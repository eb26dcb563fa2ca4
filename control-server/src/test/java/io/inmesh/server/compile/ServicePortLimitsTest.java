package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.filters.v1.InFlightLimit;
import org.junit.jupiter.api.Test;

/** Which limits the servers of several Services have. */
class ServicePortLimitsTest extends ShopServers {
  private static String limited(String service, int port, int target, String spec) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s, namespace: shop}
    spec: {selector: {app: orders}, ports: [{name: http-%1$s, port: %2$d, targetPort: %3$d}]}
    ---
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %1$s, namespace: shop}
    spec: {targetRefs: [{kind: Service, name: %1$s}], %4$s}
    ---
    """
        .formatted(service, port, target, spec);
  }

  private static final String TWO_SERVICES =
      limited("a", 80, 8080, "concurrency: {maxInFlight: 1}")
          + limited("b", 81, 9090, "concurrency: {maxInFlight: 2}");

  /** The limit of requests in flight on a port; 0 if there is none. */
  private long maxInFlight(int port, Workload workload) throws Exception {
    for (HttpFilter filter : filters(listener(CapabilityClass.INMESH, workload, port))) {
      if (filter.getTypedConfig().is(InFlightLimit.class)) {
        return filter.getTypedConfig().unpack(InFlightLimit.class).getMax();
      }
    }
    return 0;
  }

  @Test
  void limitsOfServices_applyToThePortsOfTheirServers() throws Exception {
    compile(TWO_SERVICES);
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(1);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(2);
    assertThat(maxInFlight(9090, STOCK)).isZero();
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .doesNotContain(FindingCode.POLICY_CONFLICTED);
  }

  @Test
  void limitsOfServices_followTheirServersToOtherPorts() throws Exception {
    compile(TWO_SERVICES);
    RegistrySnapshot moved =
        registry(
            instance("shop", "orders", "a")
                .port("http-a", "http", 80, 9090)
                .port("http-b", "http", 81, 8080));
    compiler.registryChanged(moved, moved.services().keySet());
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(2);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(1);
    RegistrySnapshot back =
        registry(
            instance("shop", "orders", "a")
                .port("http-a", "http", 80, 8080)
                .port("http-b", "http", 81, 9090));
    compiler.registryChanged(back, back.services().keySet());
    assertThat(maxInFlight(8080, ORDERS)).as("the same ports as before").isEqualTo(1);
    assertThat(maxInFlight(9090, ORDERS)).isEqualTo(2);
  }

  @Test
  void limitsOfServicesWithOnePort_theOlderCounts_andTheOtherIsFound() throws Exception {
    compile(
        limited("a", 80, 8080, "timeout: 1s, concurrency: {maxInFlight: 1}")
            + limited("b", 80, 8080, "concurrency: {maxInFlight: 2}")
                .replace(
                    "name: b, namespace: shop}\nspec: {targetRefs",
                    "name: b, namespace: shop, creationTimestamp: \"2020-01-01T00:00:00Z\"}\n"
                        + "spec: {targetRefs"));
    assertThat(maxInFlight(8080, ORDERS)).isEqualTo(2);
    assertThat(compiler.findings())
        .filteredOn(finding -> finding.code() == FindingCode.POLICY_CONFLICTED)
        .singleElement()
        .asString()
        .contains("RoutePolicy shop/a", "port 8080", "concurrency.maxInFlight");
  }
}

package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Sidecar;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.BeforeEach;

/**
 * CP-31: real Envoys and our library call each other over mutual TLS, and are let in by who they
 * are.
 */
class EnvoyTest {
  @BeforeEach
  void needsAnEnvoy() {
    assumeTrue(
        Sidecar.binary().isPresent(), "no Envoy is installed; .ci/install-envoy installs one");
  }

  private static String onlyFor(String caller) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders}
    spec:
      selector: {matchLabels: {app: orders}}
      rules:
      - from: [{source: {principals: [cluster.local/ns/default/sa/%s]}}]
    """
        .formatted(caller);
  }

  /** A service whose only instance is behind an Envoy. */
  private static String orders(Transport transport, int port) {
    String protocol = transport.grpc() ? "grpc" : "http";
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: orders}
    spec: {selector: {app: orders}, ports: [{name: %1$s, port: 80}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: orders-1}
    spec:
      address: 127.0.0.1
      ports: {%1$s: %2$d}
      serviceAccount: orders
      labels: {app: orders}
    """
        .formatted(protocol, port);
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void calls_intoAnEnvoy_areLetInByIdentity(World world) throws Exception {
    Transport transport = world.transport();
    InetSocketAddress inbound = Sidecar.free();
    world.config(orders(transport, inbound.getPort()), onlyFor("web"));
    try (Outsider application = Outsider.plaintext(transport);
        Sidecar orders = Sidecar.start(world, "orders", inbound, application.port());
        Sidecar beside = Sidecar.start(world, "web");
        Sidecar other = Sidecar.start(world, "stranger")) {
      Caller web = world.client("web");
      until(world, "the Envoy lets the library in", () -> web.get("orders/shop.Orders/Get").ok());
      Caller stranger = world.client("stranger");
      assertThat(stranger.get("orders/shop.Orders/Get")).hasStatus(403);

      until(world, "an Envoy lets an Envoy in", () -> beside.call("orders") == 200);
      int served = application.requests().size();
      until(world, "an Envoy refuses an Envoy", () -> other.call("orders") == 403);
      assertThat(application.requests()).hasSize(served);
      assertThat(orders.running()).isTrue();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void calls_throughAnEnvoy_areLetInByIdentity(World world) throws Exception {
    world.config(onlyFor("legacy"));
    world.serve("orders", ok());
    try (Sidecar legacy = Sidecar.start(world, "legacy");
        Sidecar stranger = Sidecar.start(world, "stranger")) {
      until(world, "the library lets the Envoy in", () -> legacy.call("orders") == 200);
      until(world, "the library refuses the other", () -> stranger.call("orders") == 403);
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(World world, String what, Condition condition)
      throws InterruptedException {
    world.until(
        what,
        () -> {
          try {
            return condition.holds();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }
}

package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** ID-03: scopes, inheritance, precedence and ports of PeerAuthentication, from file to socket. */
class PeerAuthenticationTest {
  private static final String ROOT = "inmesh-system";
  private static final String OWN = "default";

  private enum Mode {
    STRICT,
    PERMISSIVE,
    DISABLE
  }

  /**
   * Policies and what follows.
   *
   * @param first of the port that others call
   * @param second of the other ports of the process
   */
  private record Row(String why, Mode first, Mode second, List<String> policies) {}

  private static Row all(String why, Mode mode, String... policies) {
    return new Row(why, mode, mode, List.of(policies));
  }

  private static String policy(String namespace, String name, String spec) {
    return policy(namespace, name, 2024, spec);
  }

  private static String policy(String namespace, String name, int created, String spec) {
    return """
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: %s, namespace: %s, creationTimestamp: '%d-01-01T00:00:00Z'}
    spec: {%s}
    """
        .formatted(name, namespace, created, spec);
  }

  private static String wide(String namespace, String mode) {
    return policy(namespace, "wide", "mtls: {mode: " + mode + "}");
  }

  private static String of(String app, String mode, String ports) {
    return "selector: {matchLabels: {app: %s}}, mtls: {mode: %s}%s".formatted(app, mode, ports);
  }

  private static String orders(String mode, String ports) {
    return policy(OWN, "orders", of("orders", mode, ports));
  }

  private static String ports(String... modes) {
    return ", portLevelMtls: {" + String.join(", ", modes) + "}";
  }

  private static String at(int port, String mode) {
    return "%d: {mode: %s}".formatted(port, mode);
  }

  private static List<Row> rows(int first, int second, int unregistered) {
    return List.of(
        all("nothing is said", Mode.STRICT),
        all("the mesh", Mode.PERMISSIVE, wide(ROOT, "PERMISSIVE")),
        all("UNSET for the mesh", Mode.STRICT, wide(ROOT, "UNSET")),
        all(
            "the namespace before the mesh",
            Mode.STRICT,
            wide(ROOT, "PERMISSIVE"),
            wide(OWN, "STRICT")),
        all(
            "the namespace asks the mesh",
            Mode.PERMISSIVE,
            wide(ROOT, "PERMISSIVE"),
            wide(OWN, "UNSET")),
        all(
            "the workload before the namespace",
            Mode.DISABLE,
            wide(ROOT, "STRICT"),
            wide(OWN, "PERMISSIVE"),
            orders("DISABLE", "")),
        all(
            "the workload asks the namespace",
            Mode.PERMISSIVE,
            wide(ROOT, "STRICT"),
            wide(OWN, "PERMISSIVE"),
            orders("UNSET", "")),
        all("another namespace", Mode.STRICT, wide("jobs", "DISABLE")),
        all("another workload", Mode.STRICT, policy(OWN, "stock", of("stock", "PERMISSIVE", ""))),
        all(
            "a selector in the root namespace is for that namespace",
            Mode.STRICT,
            policy(ROOT, "orders", of("orders", "PERMISSIVE", ""))),
        all(
            "the oldest of a scope",
            Mode.PERMISSIVE,
            policy(OWN, "a", 2025, "mtls: {mode: STRICT}"),
            policy(OWN, "z", 2020, "mtls: {mode: PERMISSIVE}")),
        all(
            "the oldest of a scope, even if it says nothing",
            Mode.PERMISSIVE,
            wide(OWN, "PERMISSIVE"),
            policy(OWN, "a", 2025, of("orders", "STRICT", "")),
            policy(OWN, "z", 2020, of("orders", "UNSET", ""))),
        new Row(
            "ports before the workload",
            Mode.PERMISSIVE,
            Mode.DISABLE,
            List.of(
                orders(
                    "STRICT",
                    ports(
                        at(first, "PERMISSIVE"),
                        at(second, "DISABLE"),
                        at(unregistered, "DISABLE"))))),
        new Row(
            "a port that is listed, another that is not",
            Mode.STRICT,
            Mode.PERMISSIVE,
            List.of(orders("PERMISSIVE", ports(at(first, "STRICT"), at(1, "DISABLE"))))),
        new Row(
            "a port asks its workload, which asks the mesh",
            Mode.PERMISSIVE,
            Mode.STRICT,
            List.of(
                wide(ROOT, "PERMISSIVE"),
                orders(
                    "UNSET",
                    ports(at(first, "UNSET"), at(second, "STRICT"), at(unregistered, "STRICT"))))),
        new Row(
            "plaintext on one port only",
            Mode.DISABLE,
            Mode.STRICT,
            List.of(orders("STRICT", ports(at(first, "DISABLE"), at(1, "DISABLE"))))),
        all("nothing is said any more", Mode.STRICT));
  }

  /** Answers 200, and remembers who called. */
  private static Behaviour remembers(List<String> callers) {
    return (request, own) -> {
      Peer peer = CallContext.peer(Context.current());
      callers.add(
          peer == null || peer.identity() == null ? "nobody" : peer.identity().serviceAccount());
      return ok().treat(request, own);
    };
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void modes_followScopesAndPorts(World world) throws Exception {
    List<String> callers = new CopyOnWriteArrayList<>();
    world.expectWarning("connection of .* was refused"); // plaintext, by strangers
    world.config(versions("orders"));
    Instance orders = world.serve("orders", remembers(callers));
    int other = orders.openPort();
    int unregistered = orders.openUnregisteredPort();
    Caller web = world.client("web");
    for (Row row : rows(orders.port(), other, unregistered)) {
      world.config(
          Stream.concat(Stream.of(versions("orders")), row.policies().stream())
              .toArray(String[]::new));
      check(world, web, orders.port(), row.first(), row.why());
      check(world, web, other, row.second(), row.why() + ", other port");
      check(world, web, unregistered, row.second(), row.why() + ", port that is not registered");
      // Without PERMISSIVE in between, a handshake under way may meet a server that has none.
      world.until(row.why(), () -> web.get("orders/shop.Orders/Get").ok());
      assertThat(callers)
          .as(row.why())
          .last()
          .isEqualTo(row.first() == Mode.DISABLE ? "nobody" : "web");
    }
  }

  private static void check(World world, Caller web, int port, Mode mode, String why)
      throws InterruptedException {
    assertThat(new Stranger(world.transport(), port).isServed())
        .as("plaintext: %s", why)
        .isEqualTo(mode != Mode.STRICT);
    assertThat(shakesHands(web, port)).as("mutual TLS: %s", why).isEqualTo(mode != Mode.DISABLE);
  }

  private static boolean shakesHands(Caller caller, int port) {
    try {
      return caller.handshake(port, "TLSv1.2").equals("TLSv1.2");
    } catch (IOException refused) {
      return false;
    }
  }
}

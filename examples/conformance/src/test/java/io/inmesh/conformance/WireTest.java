package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Bytes;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Relay;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** ID-03, ID-04: what somebody on the network sees, and who is served without an identity. */
class WireTest {
  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void mutualTls_isAllThatIsSeen(World world) throws Exception {
    Relay relay = world.serveThroughRelay("orders", ok());
    Caller web = world.client("web");
    assertThat(web.post("orders/shop.Orders/Get")).isOk();
    assertThat(relay.recordings()).isNotEmpty();
    world.until(
        "whoever connects says hello",
        () -> relay.recordings().stream().allMatch(Relay.Recording::beginsWithClientHello));
    assertThat(relay.recordings()).noneMatch(connection -> connection.shows(Bytes.PAYLOAD));
  }

  /** The relay would see the payload, were it not for TLS. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C, Transport.GRPC})
  void plaintext_isReadByAnybody(World world) throws Exception {
    Relay relay = world.serveThroughRelay("orders", ok());
    Caller web = world.client("web");
    assertThat(web.post("orders/shop.Orders/Get")).isOk();
    assertThat(relay.recordings())
        .anySatisfy(
            connection -> {
              assertThat(new String(connection.sent(), US_ASCII)).contains(Bytes.PAYLOAD);
              assertThat(new String(connection.answered(), US_ASCII)).contains(Bytes.PAYLOAD);
            });
  }

  private static String mode(String mode) {
    return """
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: orders}
    spec:
      selector: {matchLabels: {app: orders}}
      mtls: {mode: %s}
    """
        .formatted(mode);
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

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void peerAuthentication_decidesWhetherPlaintextIsServed(World world) throws Exception {
    List<String> callers = new CopyOnWriteArrayList<>();
    world.expectWarning("accepts mutual TLS only");
    Instance orders = world.serve("orders", remembers(callers));
    Caller web = world.client("web");
    Stranger stranger = new Stranger(world.transport(), orders.port());

    assertThat(stranger.isServed()).as("STRICT by default").isFalse();
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(callers).containsExactly("web");

    world.config(mode("PERMISSIVE"));
    assertThat(stranger.isServed()).as("PERMISSIVE").isTrue();
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(callers).containsExactly("web", "nobody", "web");

    world.config(mode("STRICT"));
    assertThat(stranger.isServed()).as("STRICT again").isFalse();
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(callers).containsExactly("web", "nobody", "web", "web");

    world.config(mode("DISABLE"));
    assertThat(stranger.isServed()).as("DISABLE").isTrue();
    // A handshake under way meets a server that has none: without PERMISSIVE in between, that
    // shows.
    world.until("it is called in plaintext", () -> web.get("orders/shop.Orders/Get").ok());
    assertThat(callers).endsWith("nobody", "nobody");
  }
}

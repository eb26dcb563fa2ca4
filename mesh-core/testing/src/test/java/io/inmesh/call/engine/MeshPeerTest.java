package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.MeshPeer;
import io.inmesh.call.Admission;
import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.opentelemetry.context.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class MeshPeerTest {
  private static final InetSocketAddress FROM =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
  private static final SpiffeId WEB = SpiffeId.parse("spiffe://mesh/ns/shop/sa/web");

  private final FakeRequest request =
      FakeRequest.get(
          "orders",
          "/",
          "x-forwarded-client-cert",
          "URI=spiffe://mesh/ns/shop/sa/admin",
          "x-inmesh-peer",
          "spiffe://mesh/ns/shop/sa/admin");

  private Admission.Allowed admitted(Peer peer) {
    return (Admission.Allowed) new FakeMesh().engine().inbound(8080).admit(request, peer);
  }

  @Test
  void outsideOfARequest_thereIsNone() {
    assertThat(MeshPeer.current()).isEmpty();
  }

  @Test
  @SuppressWarnings("try") // the scope is closed, not used
  void identity_isThatOfTheHandshake_whateverHeadersSay() throws MeshException {
    Admission.Allowed allowed = admitted(new Peer(FROM, WEB, true));
    try (Scope scope = allowed.call().context().makeCurrent()) {
      MeshPeer peer = MeshPeer.current().orElseThrow();
      assertThat(peer.spiffeId()).isEqualTo(WEB);
      assertThat(peer.requireSpiffeId()).isEqualTo(WEB);
      assertThat(peer.address()).isEqualTo(FROM);
    }
  }

  @Test
  void peerWithoutIdentity_hasNone_whateverHeadersSay() {
    Admission.Allowed allowed = admitted(new Peer(FROM, null, false));
    MeshPeer peer = MeshPeer.of(allowed.call().context()).orElseThrow();
    assertThat(peer.spiffeId()).isNull();
    assertThatThrownBy(peer::requireSpiffeId).isInstanceOf(MeshException.class);
    assertThat(request.headers().get("x-forwarded-client-cert")).isNull();
  }
}

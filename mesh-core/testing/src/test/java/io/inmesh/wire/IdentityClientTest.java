package io.inmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.testing.TestAuthority;
import io.inmesh.wire.identity.v1.Certificate;
import io.inmesh.wire.identity.v1.Trust;
import io.inmesh.wire.identity.v1.TrustDomain;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of trust that comes beside certificates, and by itself. */
class IdentityClientTest {
  private static final String BANNED = "spiffe://cluster.local/ns/shop/sa/thief";

  private final TestAuthority authority = new TestAuthority();

  private Trust.Builder trust(long sequence) throws Exception {
    return Trust.newBuilder()
        .setSequence(sequence)
        .addDomains(
            TrustDomain.newBuilder()
                .setName("cluster.local")
                .addRoots(ByteString.copyFrom(authority.root().getEncoded())));
  }

  /** The renewal was answered before the ban, and the answer took longer than the ban's news. */
  @Test
  void certificate_thatNewerTrustHasOvertaken_bringsNobodyBack() throws Exception {
    TlsMaterial material = new TlsMaterial();
    Svid svid = authority.svid("spiffe://cluster.local/ns/shop/sa/web");
    try (ThreadControlLoop loop = new ThreadControlLoop("identity-client-test");
        IdentityClient client =
            new IdentityClient(
                "localhost:1",
                JoinProof.kubernetes(Path.of("token"), Set.of()),
                "web-1",
                null,
                material,
                loop,
                Randomness.SYSTEM)) {
      client.use(Certificate.newBuilder().setTrust(trust(1)).build(), svid);
      assertThat(client.trust(trust(2).addBanned(BANNED).build())).isTrue();

      client.use(Certificate.newBuilder().setTrust(trust(1)).build(), svid);
      assertThat(material.bundle().banned()).containsExactly(SpiffeId.parse(BANNED));

      client.use(Certificate.newBuilder().setTrust(trust(3)).build(), svid);
      assertThat(material.bundle().banned()).isEmpty();
    }
  }
}

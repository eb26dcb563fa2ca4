package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CertifiedPeersTest {
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Svid WEB = AUTHORITY.svid("spiffe://cluster.local/ns/default/sa/web");
  private static final X509Certificate[] CHAIN = {WEB.leaf()};

  private final TlsMaterial material =
      AUTHORITY.material("spiffe://cluster.local/ns/default/sa/orders");
  private final AtomicLong now = new AtomicLong(System.currentTimeMillis());
  private final CertifiedPeers peers = new CertifiedPeers(now::get);

  private final Inbound port =
      new Inbound() {
        @Override
        public Admission admit(RequestHead head, Peer peer) {
          throw new AssertionError("no request arrives");
        }

        @Override
        public ServerTls tls() {
          return material.server(ServerTlsPolicy.STRICT);
        }
      };

  @Test
  void certificateThatEnds_provesNothingFromThenOn() {
    assertThat(peers.identity(port, CHAIN)).isEqualTo(WEB.id());
    now.set(WEB.leaf().getNotAfter().toInstant().toEpochMilli());
    assertThat(peers.identity(port, CHAIN)).isEqualTo(WEB.id());
    now.incrementAndGet();
    assertThat(peers.identity(port, CHAIN)).isNull();
  }

  @Test
  void trustThatEnds_isNoticedWithTheNextRequest() {
    assertThat(peers.identity(port, CHAIN)).isEqualTo(WEB.id());
    material.update(material.svid(), new TrustBundle(AUTHORITY.bundle().roots(), Set.of(WEB.id())));
    assertThat(peers.identity(port, CHAIN)).isNull();
    assertThat(peers.identity(port, null)).isNull();
  }
}

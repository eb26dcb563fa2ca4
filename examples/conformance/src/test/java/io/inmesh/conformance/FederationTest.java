package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.testing.TestAuthority;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Objects;
import org.bouncycastle.asn1.x509.GeneralName;

/** ID-05: trust domains beside the own one, from MeshDefaults to what a process believes. */
class FederationTest {
  private static final TestAuthority PARTNER = new TestAuthority("partner.example");
  private static final String WEB = "spiffe://partner.example/ns/default/sa/web";

  private static String defaults(String more) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: quick}
    spec:
      configDebounce: {quiet: 5ms, cap: 50ms}
      endpointDebounce: {quiet: 2ms, cap: 20ms}
    %s
    """
        .formatted(more.indent(2).stripTrailing());
  }

  private static String federation() {
    return "federation: [{trustDomain: partner.example, caCertificates: \""
        + PARTNER.rootPem().replace("\n", "\\n")
        + "\"}]";
  }

  /** What a server of the process makes of a client's certificate now. */
  private static void check(Caller process, Svid client) throws CertificateException {
    TlsGeneration tls = Objects.requireNonNull(process.mesh().inbound(9).tls().generation());
    tls.trust().checkClientTrusted(client.chain().toArray(X509Certificate[]::new), "EC");
  }

  private static boolean believes(Caller process, Svid client) {
    try {
      check(process, client);
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void foreignDomain_isBelievedForItself_whileItIsFederated(World world) throws Exception {
    world.config(defaults(""));
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThatThrownBy(() -> check(web, PARTNER.svid(WEB)))
        .hasMessageContaining("trust domain 'partner.example' is not trusted");

    world.config(defaults(federation()));
    world.until("the partner is believed", () -> believes(web, PARTNER.svid(WEB)));
    SpiffeId own = SpiffeId.of("cluster.local", "default", "web");
    Svid forged =
        PARTNER.forged(own, new GeneralName(GeneralName.uniformResourceIdentifier, own.toString()));
    assertThat(believes(web, forged)).as("the partner speaks for nobody else").isFalse();
    assertThat(believes(web, new TestAuthority("partner.example").svid(WEB))).isFalse();
    assertThat(web.get("orders/shop.Orders/Get")).isOk();

    world.config(defaults(""));
    world.until("the partner is a stranger again", () -> !believes(web, PARTNER.svid(WEB)));
  }
}

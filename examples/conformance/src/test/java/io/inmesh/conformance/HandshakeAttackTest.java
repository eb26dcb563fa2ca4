package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.destination;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.testing.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/**
 * Certificates that must not be believed, shown to real servers and clients. They are of an
 * authority that the mesh federates with, so that each is wrong in one way only, and the right one
 * is believed.
 */
class HandshakeAttackTest {
  private static final TestAuthority PARTNER = new TestAuthority("partner.example");
  private static final String PEER = "spiffe://partner.example/ns/default/sa/peer";
  private static final String HOST = "api.example.com";
  private static final Duration AN_HOUR = Duration.ofHours(1);

  private static final String FEDERATION =
      """
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: quick}
      spec:
        configDebounce: {quiet: 5ms, cap: 50ms}
        federation: [{trustDomain: partner.example, caCertificates: "%s"}]
      """
          .formatted(PARTNER.rootPem().replace("\n", "\\n"));

  private static GeneralName uri(String text) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, text);
  }

  /** What neither side may believe, by what is wrong with it. */
  private static Map<String, Svid> attacks() {
    SpiffeId peer = SpiffeId.parse(PEER);
    Instant now = Instant.now();
    Map<String, Svid> attacks = new LinkedHashMap<>();
    attacks.put("two identities", PARTNER.forged(peer, uri(PEER), uri(PEER + "2")));
    attacks.put(
        "an identity of the mesh, by the partner",
        PARTNER.svid("spiffe://cluster.local/ns/default/sa/web"));
    attacks.put(
        "a trust domain nobody vouches for", PARTNER.svid("spiffe://evil.example/ns/default/sa/a"));
    attacks.put(
        "a host name only", PARTNER.forged(peer, new GeneralName(GeneralName.dNSName, HOST)));
    attacks.put("expired", PARTNER.svid(PEER, now.minus(AN_HOUR), now.minusSeconds(1)));
    attacks.put("not valid yet", PARTNER.svid(PEER, now.plusSeconds(600), now.plus(AN_HOUR)));
    attacks.put("vouched for by itself", TestAuthority.selfSigned(PEER));
    attacks.put("an authority of the same name", new TestAuthority("partner.example").svid(PEER));
    attacks.put("an authority as a workload", PARTNER.authority(PEER));
    return attacks;
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void clients_areRefused_andCounted(World world) throws Exception {
    Metrics metrics = new Metrics();
    world.config(FEDERATION);
    Instance orders = world.serve("orders", ok(), config -> config.openTelemetry(metrics));
    world.until("the partner is believed", () -> served(world, orders, PARTNER.svid(PEER)));
    long before = metrics.refused("handshake");
    world.expectWarning("connection of .* was refused: ");
    Map<String, Svid> attacks = attacks();
    attacks.put("for servers only", PARTNER.svidFor(PEER, KeyPurposeId.id_kp_serverAuth));
    for (Map.Entry<String, Svid> attack : attacks.entrySet()) {
      assertThat(served(world, orders, attack.getValue())).as(attack.getKey()).isFalse();
    }
    world.until("each is counted", () -> metrics.refused("handshake") >= before + attacks.size());
    assertThat(served(world, orders, PARTNER.svid(PEER))).isTrue();
  }

  /** Whether a program with this certificate gets beyond the handshake, which 1.3 tells late. */
  private static boolean served(World world, Instance server, Svid client) {
    boolean http2 = world.transport() != Transport.HTTP1_MTLS;
    try (SSLSocket socket =
        (SSLSocket)
            Anybody.with(client)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {http2 ? "h2" : "http/1.1"});
      socket.setSSLParameters(parameters);
      // An HTTP/2 server begins with its settings: a frame of type 4, whatever it is told.
      String first =
          http2 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
      socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] answer = in.readNBytes(9);
      return http2
          ? answer.length == 9 && answer[3] == 4
          : new String(answer, StandardCharsets.US_ASCII).startsWith("HTTP/1.1");
    } catch (IOException refused) {
      return false;
    }
  }

  private static String endpoint(World world, Outsider server) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: api}
    spec:
      hosts: [api.example.com]
      resolution: STATIC
      endpoints: [{address: 127.0.0.1}]
      ports: [{number: 80, name: api, protocol: %s, targetPort: %d}]
    """
        .formatted(world.transport().grpc() ? "GRPC" : "HTTP", server.port());
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void servers_areLeft_beforeAnythingIsSent(World world) throws Exception {
    String expected =
        destination(HOST, "tls: {mode: ISTIO_MUTUAL, subjectAltNames: ['%s']}".formatted(PEER));
    Caller web = world.client("web");
    try (Outsider right = Outsider.tls(world.transport(), PARTNER.svid(PEER), null)) {
      world.config(FEDERATION, endpoint(world, right), expected);
      assertThat(web.get(HOST + "/shop.Orders/Get")).isOk();
    }
    Map<String, Svid> attacks = attacks();
    attacks.put("for clients only", PARTNER.svidFor(PEER, KeyPurposeId.id_kp_clientAuth));
    attacks.put(
        "the right host name, another identity",
        PARTNER.forged(
            SpiffeId.parse(PEER + "2"),
            uri(PEER + "2"),
            new GeneralName(GeneralName.dNSName, HOST)));
    for (Map.Entry<String, Svid> attack : attacks.entrySet()) {
      try (Outsider wrong = Outsider.tls(world.transport(), attack.getValue(), null)) {
        world.config(FEDERATION, endpoint(world, wrong), expected);
        Answer answer = web.get(HOST + "/shop.Orders/Get");
        assertThat(answer.ok()).as(attack.getKey()).isFalse();
        assertThat(answer.attempts())
            .as(attack.getKey())
            .isNotEmpty()
            .allMatch(attempt -> attempt.reason() == Reason.TLS_FAILURE);
        assertThat(wrong.requests()).as(attack.getKey()).isEmpty();
      }
    }
  }
}

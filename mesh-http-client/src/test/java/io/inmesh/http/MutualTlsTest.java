package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Inbound.Refusal;
import io.inmesh.call.Peer;
import io.inmesh.http.netty.TlsContexts;
import io.inmesh.http.netty.TransportSettings;
import io.inmesh.http.server.ServerSettings;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TrustBundle;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.RawHttp2;
import io.inmesh.testing.TestAuthority;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Identity, modes, rotation and revocation, on both protocols and both TLS libraries. */
@Timeout(60)
class MutualTlsTest {
  private static final ServerTlsPolicy PERMISSIVE =
      new ServerTlsPolicy(ServerTlsPolicy.Mode.PERMISSIVE, List.of());
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  /** Wires that are TLS, with each TLS library that there is. */
  static Stream<Arguments> secured() {
    List<Arguments> all = new ArrayList<>();
    for (Wire wire : Wire.values()) {
      if (wire.tls) {
        all.add(Arguments.of(wire, false));
        if (TlsContexts.provider(true) == SslProvider.OPENSSL) {
          all.add(Arguments.of(wire, true));
        }
      }
    }
    return all.stream();
  }

  private static Rig rig(Wire wire, boolean nativeTls) {
    Rig rig = new Rig(wire);
    rig.clientSettings = TransportSettings.DEFAULT.withNativeTls(nativeTls);
    rig.serverSettings = ServerSettings.DEFAULT.withNativeTls(nativeTls);
    return rig;
  }

  @Test
  void boringSsl_isWhatLinuxIsTestedWith() {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    assumeThat(System.getProperty("os.arch")).isEqualTo("amd64");
    assertThat(TlsContexts.provider(true)).isEqualTo(SslProvider.OPENSSL);
  }

  @ParameterizedTest
  @MethodSource("secured")
  void peer_isIdentified_onBothSides(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.peers = List.of(new StringMatch.Exact(Rig.SERVER, false));
      List<Object> seen = new ArrayList<>();
      rig.orders(
          exchange -> {
            seen.add(exchange.getAttribute(MeshHttpServer.PEER));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
          });
      assertThat(rig.get("/").statusCode()).isEqualTo(204);
      assertThat(seen)
          .singleElement()
          .isInstanceOfSatisfying(
              Peer.class,
              peer -> {
                assertThat(peer.secure()).isTrue();
                assertThat(peer.identity()).isEqualTo(SpiffeId.parse(Rig.CLIENT));
              });
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void unexpectedServer_isRefused_andNothingIsSent(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.peers = List.of(new StringMatch.Exact(Rig.SERVER + "/other", false));
      rig.orders(Rig.ECHO);
      assertTlsFailure(rig);
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void strangers_areRefused_byTheServer(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.clientTls.update(new TestAuthority().svid(Rig.CLIENT), Rig.AUTHORITY.bundle());
      rig.orders(Rig.ECHO);
      assertTlsFailure(rig);
      assertThat(rig.inbound.peers).isEmpty();
      assertThat(rig.inbound.refusals).contains(Refusal.HANDSHAKE);
    }
  }

  private static void assertTlsFailure(Rig rig) {
    assertThatThrownBy(() -> rig.post("/", BodyPublishers.ofString("x")))
        .isInstanceOfSatisfying(
            MeshException.class,
            failure -> {
              assertThat(failure.reason()).isIn(Reason.TLS_FAILURE, Reason.RETRIES_EXHAUSTED);
              assertThat(failure.attempts())
                  .allSatisfy(
                      attempt -> assertThat(attempt.toString()).containsIgnoringCase("tls"));
            });
  }

  @Test
  void strictPort_refusesPlaintext() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1_TLS)) {
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      assertThat(RawClient.exchange(server, GET)).isEmpty();
      assertThat(rig.inbound.refusals).containsExactly(Refusal.PLAINTEXT);
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  @Test
  void disabledPort_refusesTls_andTheClientNeverGoesOutInPlaintext() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1_TLS)) {
      rig.inbound.tlsPolicy(ServerTlsPolicy.DISABLED);
      rig.orders(Rig.ECHO);
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
      assertThat(rig.inbound.refusals).isNotEmpty().containsOnly(Refusal.TLS);
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void permissivePort_servesBoth(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.inbound.tlsPolicy(PERMISSIVE);
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      try (RawClient plain = new RawClient(server.getAddress())) {
        plain.say(GET);
        assertThat(plain.readLine()).isEqualTo("HTTP/1.1 200 OK");
      }
      try (RawHttp2 plain = new RawHttp2(server.getAddress())) {
        plain.get(1);
        plain.flush();
        assertThat(plain.readTo(RawHttp2.HEADERS).stream()).isEqualTo(1);
      }
      assertThat(rig.inbound.peers).extracting(Peer::secure).containsExactly(true, false, false);
    }
  }

  @Test
  void portThatBecomesStrict_endsPlaintextConnectionsWithTheirNextResponse() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1_TLS)) {
      rig.inbound.tlsPolicy(PERMISSIVE);
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      try (RawClient plain = new RawClient(server)) {
        plain.say(GET);
        assertThat(plain.readLine()).isEqualTo("HTTP/1.1 200 OK");
        rig.inbound.tlsPolicy(ServerTlsPolicy.STRICT);
        plain.say(GET);
        assertThat(plain.readToEnd()).contains("HTTP/1.1 200 OK").contains("connection: close");
      }
    }
  }

  @Test
  void serverWithoutIdentity_closesTls() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1_TLS)) {
      rig.orders(Rig.ECHO);
      rig.serverTls.update(null, TrustBundle.NONE);
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
      assertThat(rig.inbound.refusals).isNotEmpty().containsOnly(Refusal.NO_IDENTITY);
      rig.serverTls.update(Rig.AUTHORITY.svid(Rig.SERVER), Rig.AUTHORITY.bundle());
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void rotationUnderLoad_losesNoCall(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger done = new AtomicInteger();
      ConcurrentLinkedQueue<Object> failures = new ConcurrentLinkedQueue<>();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Thread caller =
            new Thread(
                () -> {
                  while (!stop.get()) {
                    try {
                      int status = rig.post("/", BodyPublishers.ofString("x")).statusCode();
                      if (status != 200) {
                        failures.add(status);
                      }
                    } catch (IOException | InterruptedException | RuntimeException failure) {
                      failures.add(failure);
                    }
                    done.incrementAndGet();
                  }
                });
        callers.add(caller);
        caller.start();
      }
      for (int rotation = 0; rotation < 20; rotation++) {
        int target = done.get() + 25;
        Rig.await(() -> done.get() >= target);
        if (rotation % 2 == 0) {
          rig.clientTls.update(Rig.AUTHORITY.svid(Rig.CLIENT), Rig.AUTHORITY.bundle());
        } else {
          rig.serverTls.update(Rig.AUTHORITY.svid(Rig.SERVER), Rig.AUTHORITY.bundle());
        }
      }
      stop.set(true);
      for (Thread caller : callers) {
        caller.join(10_000);
      }
      assertThat(failures).isEmpty();
      Rig.await(() -> rig.stats().connections() <= 4);
      Rig.await(() -> server.acceptor().connections() <= 4);
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void newGeneration_callsInFlightGoOn(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            InputStream in = exchange.getRequestBody();
            int b;
            while ((b = in.read()) >= 0) {
              exchange.getResponseBody().write(b);
              exchange.getResponseBody().flush();
            }
            exchange.close();
          });
      PipedBody body = new PipedBody();
      HttpResponse<InputStream> response =
          rig.client()
              .sendAsync(
                  Rig.request("/").POST(BodyPublishers.fromPublisher(body)).build(),
                  BodyHandlers.ofInputStream())
              .get(10, java.util.concurrent.TimeUnit.SECONDS);
      for (int i = 0; i < 5; i++) {
        rig.clientTls.update(Rig.AUTHORITY.svid(Rig.CLIENT), Rig.AUTHORITY.bundle());
        rig.serverTls.update(Rig.AUTHORITY.svid(Rig.SERVER), Rig.AUTHORITY.bundle());
        body.say(i);
        assertThat(response.body().read()).isEqualTo(i);
      }
      body.end();
      assertThat(response.body().read()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void bannedClient_isCutOff_onOpenConnections(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      rig.serverTls.update(
          Rig.AUTHORITY.svid(Rig.SERVER),
          new TrustBundle(Rig.AUTHORITY.bundle().roots(), Set.of(SpiffeId.parse(Rig.CLIENT))));
      Rig.await(() -> server.acceptor().connections() == 0);
      Rig.await(() -> rig.stats().connections() == 0);
      assertTlsFailure(rig);
      assertThat(rig.inbound.peers).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void serverThatIsNotTrustedAnyMore_isLeft(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.orders(Rig.ECHO);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      rig.clientTls.update(Rig.AUTHORITY.svid(Rig.CLIENT), new TestAuthority().bundle());
      Rig.await(() -> rig.stats().connections() == 0);
      assertTlsFailure(rig);
      assertThat(rig.inbound.peers).hasSize(1);
    }
  }

  /** A certificate as an authority issues it whose clock is this much ahead of this host's. */
  private static Svid issued(String spiffeId, Duration ahead) {
    Instant there = Instant.now().plus(ahead);
    return Rig.AUTHORITY.svid(
        spiffeId, there.minus(Duration.ofMinutes(15)), there.plus(Duration.ofHours(24)));
  }

  @ParameterizedTest
  @MethodSource("secured")
  void clocks_tenMinutesOff_eitherWay_areNoMatter_norWhenRenewed(Wire wire, boolean nativeTls)
      throws Exception {
    Duration off = Duration.ofMinutes(10);
    try (Rig rig = rig(wire, nativeTls)) {
      rig.orders(Rig.ECHO);
      rig.clientTls.update(issued(Rig.CLIENT, off), Rig.AUTHORITY.bundle());
      rig.serverTls.update(issued(Rig.SERVER, off.negated()), Rig.AUTHORITY.bundle());
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      rig.clientTls.update(issued(Rig.CLIENT, off.negated()), Rig.AUTHORITY.bundle());
      rig.serverTls.update(issued(Rig.SERVER, off), Rig.AUTHORITY.bundle());
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @MethodSource("secured")
  void clocks_furtherOff_areNamedAsTheReason(Wire wire, boolean nativeTls) throws Exception {
    try (Rig rig = rig(wire, nativeTls)) {
      rig.orders(Rig.ECHO);
      rig.serverTls.update(issued(Rig.SERVER, Duration.ofMinutes(20)), Rig.AUTHORITY.bundle());
      assertThatThrownBy(() -> rig.get("/")).hasStackTraceContaining("do the clocks differ?");
    }
  }

  /** Long enough for a handshake on a busy machine. */
  private static Svid endingSoon(String spiffeId) {
    Instant now = Instant.now();
    return Rig.AUTHORITY.svid(spiffeId, now.minusSeconds(60), now.plusSeconds(5));
  }

  /** All at once, because each has to wait for its certificate's end. */
  private static List<Rig> everyRig() {
    return secured().map(of -> rig((Wire) of.get()[0], (boolean) of.get()[1])).toList();
  }

  @Test
  void clientWhoseCertificateEnds_isCutOff_onOpenConnections() throws Exception {
    List<Rig> rigs = everyRig();
    try {
      for (Rig rig : rigs) {
        rig.orders(Rig.ECHO);
        rig.clientTls.update(endingSoon(Rig.CLIENT), Rig.AUTHORITY.bundle());
        assertThat(rig.get("/").statusCode()).isEqualTo(200);
      }
      for (Rig rig : rigs) {
        Rig.await(() -> rig.connectionsOfServers() == 0);
        Rig.await(() -> rig.stats().connections() == 0);
        assertTlsFailure(rig);
        assertThat(rig.inbound.peers).hasSize(1);
      }
    } finally {
      rigs.forEach(Rig::close);
    }
  }

  @Test
  void serverWhoseCertificateEnds_isLeft() throws Exception {
    List<Rig> rigs = everyRig();
    try {
      for (Rig rig : rigs) {
        rig.orders(Rig.ECHO);
        rig.serverTls.update(endingSoon(Rig.SERVER), Rig.AUTHORITY.bundle());
        assertThat(rig.get("/").statusCode()).isEqualTo(200);
      }
      for (Rig rig : rigs) {
        Rig.await(() -> rig.stats().connections() == 0);
        assertTlsFailure(rig);
        assertThat(rig.inbound.peers).hasSize(1);
      }
    } finally {
      rigs.forEach(Rig::close);
    }
  }

  /** What the server comes to know of a client that it had let in. */
  private enum Revocation {
    BANNED,
    UNTRUSTED;

    TrustBundle bundle() {
      return this == BANNED
          ? new TrustBundle(Rig.AUTHORITY.bundle().roots(), Set.of(SpiffeId.parse(Rig.CLIENT)))
          : new TestAuthority().bundle();
    }
  }

  static Stream<Arguments> revocations() {
    return Stream.of(Revocation.values())
        .flatMap(
            revocation ->
                Stream.of("TLSv1.2", "TLSv1.3")
                    .flatMap(
                        version ->
                            Stream.of(false, true)
                                .map(library -> Arguments.of(revocation, version, library))));
  }

  /** A client that keeps its sessions, as any but ours may. */
  @ParameterizedTest(name = "{0} {1} native={2}")
  @MethodSource("revocations")
  void revokedClient_cannotResumeItsSession(
      Revocation revocation, String version, boolean nativeTls) throws Exception {
    assumeThat(TlsContexts.provider(nativeTls))
        .isEqualTo(nativeTls ? SslProvider.OPENSSL : SslProvider.JDK);
    try (Rig rig = rig(Wire.HTTP1_TLS, nativeTls)) {
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      SSLContext context = Foreign.context(rig.clientTls);
      assertThat(getOverTls(context, version, server)).startsWith("HTTP/1.1 200");
      assertThat(getOverTls(context, version, server)).startsWith("HTTP/1.1 200");
      rig.serverTls.update(Rig.AUTHORITY.svid(Rig.SERVER), revocation.bundle());
      assertThatThrownBy(() -> getOverTls(context, version, server))
          .isInstanceOf(IOException.class);
      assertThat(rig.inbound.peers).hasSize(2);
    }
  }

  @ParameterizedTest(name = "{0} {1} native={2}")
  @MethodSource("revocations")
  void revokedForeigner_isCutOff_onItsOpenConnection(
      Revocation revocation, String version, boolean nativeTls) throws Exception {
    assumeThat(TlsContexts.provider(nativeTls))
        .isEqualTo(nativeTls ? SslProvider.OPENSSL : SslProvider.JDK);
    try (Rig rig = rig(Wire.HTTP1_TLS, nativeTls)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      InetSocketAddress address = server.getAddress();
      try (SSLSocket open =
          (SSLSocket)
              Foreign.context(rig.clientTls)
                  .getSocketFactory()
                  .createSocket(address.getAddress(), address.getPort())) {
        open.setSoTimeout(10_000);
        open.setEnabledProtocols(new String[] {version});
        open.getOutputStream().write(GET.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThat(open.getInputStream().readNBytes(12)).isNotEmpty();
        rig.serverTls.update(Rig.AUTHORITY.svid(Rig.SERVER), revocation.bundle());
        Rig.await(() -> server.acceptor().connections() == 0);
      }
    }
  }

  /** The first line; an error if there is none. */
  private static String getOverTls(SSLContext context, String version, InetSocketAddress server)
      throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(server.getAddress(), server.getPort())) {
      socket.setSoTimeout(10_000);
      socket.setEnabledProtocols(new String[] {version});
      socket.getOutputStream().write(GET.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      byte[] first = socket.getInputStream().readNBytes(12);
      if (first.length == 0) {
        throw new java.io.EOFException("closed");
      }
      return new String(first, java.nio.charset.StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void foreignClient_choosesTheProtocolByAlpn(boolean nativeTls) throws Exception {
    try (Rig rig = rig(Wire.H2_TLS, nativeTls)) {
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      HttpClient foreign =
          HttpClient.newBuilder().sslContext(Foreign.context(rig.clientTls)).build();
      for (HttpClient.Version version : HttpClient.Version.values()) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.getPort() + "/"))
                .version(version)
                .build();
        assertThat(foreign.send(request, BodyHandlers.ofString()).version()).isEqualTo(version);
      }
    }
  }
}

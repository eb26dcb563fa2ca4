package io.inmesh.server;

import static io.inmesh.server.Eventually.await;
import static io.inmesh.server.Eventually.awaitUnready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import io.inmesh.call.RequestHead;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsPolicy;
import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.ca.RootKey;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A control server and processes of a mesh with identities, over real sockets. */
class SecureMeshTest {
  private static final String ORDERS = "spiffe://cluster.local/ns/default/sa/orders";
  private static final String WEB = "spiffe://cluster.local/ns/default/sa/web";
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private ControlServer server;

  @BeforeEach
  void start() throws ControlServerException {
    server = start(CaOptions.DEFAULTS);
  }

  private static ControlServer start(CaOptions ca) throws ControlServerException {
    return ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withCa(ca));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private MeshCa ca() {
    return Objects.requireNonNull(server.ca());
  }

  private MeshConfig.Builder config(String service, String token) {
    return MeshConfig.builder()
        .controlServer("localhost:" + server.xdsAddress().getPort())
        .service(service)
        .token(token);
  }

  private String token(String serviceAccount) throws CaException {
    return ca().joinToken("default", serviceAccount, 1, Duration.ofMinutes(5));
  }

  private Mesh join(String service) throws CaException {
    return Mesh.start(config(service, token(service)).build());
  }

  private static Cluster cluster(Mesh mesh, String authority)
      throws ExecutionException, InterruptedException, TimeoutException {
    CompletableFuture<Cluster> found = new CompletableFuture<>();
    var watch =
        mesh.outbound()
            .watch(
                authority,
                RequestHead.Kind.HTTP,
                (Map<String, Cluster> clusters) ->
                    clusters.values().stream()
                        .filter(cluster -> cluster.tls() != null)
                        .findFirst()
                        .ifPresent(found::complete));
    try {
      return found.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } finally {
      watch.cancel();
    }
  }

  @Test
  void join_withTokens_bothSidesKnowEachOther() throws Exception {
    try (Mesh orders = join("orders");
        Mesh web = join("web")) {
      ServerTls serving = ready(orders, 8080);
      assertThat(serving.mode()).isEqualTo(ServerTlsPolicy.Mode.STRICT);
      orders
          .register(ServicePort.http(8080))
          .whenRegistered()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);

      TlsPolicy policy = Objects.requireNonNull(cluster(web, "orders").tls());
      assertThat(policy.peers()).singleElement().asString().contains(ORDERS);
      TlsGeneration calling = Objects.requireNonNull(web.outbound().tls(policy));

      SpiffeId[] seen = handshake(calling, Objects.requireNonNull(serving.generation()));
      assertThat(seen[0]).hasToString(ORDERS);
      assertThat(seen[1]).hasToString(WEB);
    }
  }

  private static ServerTls ready(Mesh mesh, int port) throws InterruptedException {
    await(() -> mesh.inbound(port).tls().generation() != null);
    return mesh.inbound(port).tls();
  }

  @Test
  void join_withAnUnknownOrUsedToken_isRefusedWithTheReason() throws Exception {
    String token = token("web");
    try (Mesh first = Mesh.start(config("web", token).build())) {
      ready(first, 8080);
    }
    try (Mesh replay = Mesh.start(config("web", token).build())) {
      awaitUnready(replay, "the join token is not accepted");
    }
  }

  @Test
  void join_anotherAuthoritysPin_isNotTalkedTo() throws Exception {
    String token = token("web");
    String foreign = token.substring(0, token.lastIndexOf('.') + 1) + "0".repeat(64);
    try (Mesh mesh = Mesh.start(config("web", foreign).build())) {
      awaitUnready(mesh, "(join token or roots) is for another");
    }
    assertThat(ca().tokens().descriptions()).singleElement().matches(left -> left.used() == 0);
  }

  @Test
  void register_asAnotherService_isRefused() throws Exception {
    try (Mesh mesh = Mesh.start(config("payments", token("web")).build())) {
      assertThatThrownBy(
              () ->
                  mesh.register(ServicePort.http(8080))
                      .whenRegistered()
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS))
          .hasMessageContaining(WEB + " may not register service 'payments'");
    }
  }

  @Test
  void leaf_shortLived_isRenewedInTime() throws Exception {
    stop();
    server = start(CaOptions.DEFAULTS.withLeafTtl(Duration.ofSeconds(8)));
    try (Mesh mesh = join("web")) {
      TlsGeneration first = Objects.requireNonNull(ready(mesh, 8080).generation());
      await(() -> first.current().number() >= first.number() + 2);
      assertThat(first.current().expires()).isAfter(first.expires());
    }
  }

  @Test
  void root_rotatedStepByStep_staysTrustedAllTheTime() throws Exception {
    stop();
    server = start(CaOptions.DEFAULTS.withLeafTtl(Duration.ofSeconds(20)));
    try (Mesh orders = join("orders");
        Mesh web = join("web")) {
      ready(orders, 8080);
      ready(web, 8080);
      await(() -> ca().rotation().clients() == 2);
      String old = ca().rotation().status().get(0).id();

      String next = ca().rotation().prepare();
      awaitStep(() -> ca().rotation().activate(next, false));
      handshakes(orders, web);
      awaitStep(() -> ca().rotation().taint(old, false));
      handshakes(orders, web);
      awaitStep(() -> ca().rotation().revoke(old, false));
      handshakes(orders, web);
      assertThat(ca().rotation().status()).singleElement().matches(left -> left.id().equals(next));
    }
  }

  @Test
  void signer_renewed_losesNoHandshakeAndIsTakenByAll(@TempDir Path dir) throws Exception {
    stop();
    Path state = dir.resolve("state");
    Path rootKey = dir.resolve("root-key.pem");
    RootKey.setUp(CaOptions.DEFAULTS, state, rootKey, "correct horse");
    server =
        ControlServer.start(
            ControlServerOptions.loopback()
                .withInsecure(false)
                .withState(state)
                .withCa(CaOptions.DEFAULTS.withLeafTtl(Duration.ofSeconds(10))));
    try (Mesh orders = join("orders");
        Mesh web = join("web")) {
      ready(orders, 8080);
      ready(web, 8080);
      X509Certificate before = issuer(web);
      AtomicBoolean renewed = new AtomicBoolean();
      CompletableFuture<Integer> calls =
          CompletableFuture.supplyAsync(
              () -> {
                int count = 0;
                try {
                  // On for a while after the last of the two has changed over.
                  while (!renewed.get()
                      || issuer(web).equals(before)
                      || issuer(orders).equals(before)) {
                    handshakes(orders, web);
                    count++;
                  }
                  handshakes(orders, web);
                  return count;
                } catch (Exception e) {
                  throw new AssertionError("after " + count + " handshakes", e);
                }
              });
      ca().rotation()
          .renew(
              RootKey.read(rootKey, Optional.of("correct horse"))
                  .certify(ca().rotation().request()));
      renewed.set(true);
      assertThat(calls.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isPositive();
      assertThat(ca().findings()).isEmpty();
    }
  }

  /** The certificate that signed the one a process serves with. */
  private static X509Certificate issuer(Mesh mesh) {
    TlsGeneration serving = Objects.requireNonNull(mesh.inbound(8080).tls().generation());
    return Objects.requireNonNull(serving.keys()).getCertificateChain("svid")[1];
  }

  private static void handshakes(Mesh orders, Mesh web) throws Exception {
    TlsPolicy any = new TlsPolicy(TlsPolicy.Mode.MESH, java.util.List.of(), null, null);
    handshake(
        Objects.requireNonNull(web.outbound().tls(any)),
        Objects.requireNonNull(orders.inbound(8080).tls().generation()));
  }

  private interface Step {
    void run() throws CaException;
  }

  /** Until the gate opens. */
  private static void awaitStep(Step step) throws InterruptedException {
    await(
        () -> {
          try {
            step.run();
            return true;
          } catch (CaException notYet) {
            return false;
          }
        });
  }

  @Test
  void ban_identity_isRefusedByPeersAndCannotRenew() throws Exception {
    try (Mesh orders = join("orders");
        Mesh web = join("web")) {
      TlsGeneration serving = Objects.requireNonNull(ready(orders, 8080).generation());
      ready(web, 8080);
      ca().rotation().ban(SpiffeId.parse(WEB));
      await(() -> !serving.current().equals(serving));
      TlsPolicy any = new TlsPolicy(TlsPolicy.Mode.MESH, java.util.List.of(), null, null);
      TlsGeneration calling = Objects.requireNonNull(web.outbound().tls(any));
      assertThatThrownBy(() -> handshake(calling, serving.current()))
          .hasStackTraceContaining("banned");
    }
  }

  @Test
  void ban_identity_takesItsInstancesOut_andLetsThemInAgainWhenItEnds() throws Exception {
    try (Mesh orders = join("orders")) {
      register(orders);
      ca().rotation().ban(SpiffeId.parse(ORDERS));
      await(() -> server.registrations().instances().findAny().isEmpty());
      Registration banned = orders.register(ServicePort.http(8080));
      assertThatThrownBy(
              () -> banned.whenRegistered().toCompletableFuture().get(20, TimeUnit.SECONDS))
          .hasMessageContaining("banned");
      ca().rotation().unban(SpiffeId.parse(ORDERS));
      register(orders);
      // What is registered is published a moment after the answer.
      await(() -> server.registrations().instances().findAny().isPresent());
      assertThat(server.registrations().instances())
          .singleElement()
          .matches(known -> known.instance().identity().equals(ORDERS));
    }
  }

  private static void register(Mesh mesh) throws Exception {
    mesh.register(ServicePort.http(8080))
        .whenRegistered()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  /** Over a socket; what each side sees of the other: first the client's view. */
  private static SpiffeId[] handshake(TlsGeneration client, TlsGeneration server)
      throws IOException, GeneralSecurityException, InterruptedException, ExecutionException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (SSLServerSocket listening =
        (SSLServerSocket)
            context(server).getServerSocketFactory().createServerSocket(0, 1, loopback)) {
      listening.setNeedClientAuth(true);
      CompletableFuture<SpiffeId> seen =
          CompletableFuture.supplyAsync(
              () -> {
                try (SSLSocket accepted = (SSLSocket) listening.accept()) {
                  accepted.startHandshake();
                  accepted.getOutputStream().write(1);
                  return Objects.requireNonNull(server.peer(accepted.getSession()));
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      try (SSLSocket socket =
          (SSLSocket)
              context(client).getSocketFactory().createSocket(loopback, listening.getLocalPort())) {
        SpiffeId other;
        try {
          socket.startHandshake();
          other = Objects.requireNonNull(client.peer(socket.getSession()));
        } catch (IOException e) {
          e.addSuppressed(seen.handle((id, failure) -> failure).get());
          throw e;
        }
        return new SpiffeId[] {other, seen.get()};
      }
    }
  }

  private static SSLContext context(TlsGeneration generation) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        new KeyManager[] {generation.keys()}, new TrustManager[] {generation.trust()}, null);
    return context;
  }
}

package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TrustBundle;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutual TLS between two processes' meshes, with BoringSSL and with the JDK's TLS. */
class TlsTest {
  private static final String WEB = "spiffe://cluster.local/ns/default/sa/web";
  private static final String ORDERS = "spiffe://cluster.local/ns/default/sa/orders";
  private static final TlsPolicy ANY_PEER =
      new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null);

  private static final int FRAME_HEAD = 9;
  private static final byte SETTINGS = 4;

  private final TestAuthority authority = new TestAuthority();
  private SecureMeshes meshes = new SecureMeshes(SslContexts.FASTEST);

  static Stream<SslContexts> providers() {
    return Stream.of(SslContexts.FASTEST, SslContexts.JDK);
  }

  private void use(SslContexts contexts) {
    meshes = new SecureMeshes(contexts);
    meshes.client.update(authority.svid(WEB), authority.bundle());
    meshes.server.update(authority.svid(ORDERS), authority.bundle());
  }

  private void start(SslContexts contexts, ServerTlsPolicy.Mode mode) throws Exception {
    use(contexts);
    meshes.start(new ServerTlsPolicy(mode, List.of()), ANY_PEER);
  }

  @AfterEach
  void nothingLeaks() {
    meshes.close();
  }

  private String call(String request) {
    return ClientCalls.blockingUnaryCall(meshes.channel(), UNARY, CallOptions.DEFAULT, request);
  }

  private Status failure(ManagedChannel channel) {
    CallOptions bounded = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, UNARY, bounded, "hello"));
    assertThat(thrown).isNotNull();
    return thrown.getStatus();
  }

  private static void assertTlsFailed(Status status) {
    assertThat(status.getCause())
        .isInstanceOfSatisfying(
            MeshException.class,
            e ->
                assertThat(e.attempts())
                    .isNotEmpty()
                    .allSatisfy(
                        attempt -> assertThat(attempt.reason()).isEqualTo(Reason.TLS_FAILURE)));
  }

  @Test
  void boringSsl_isTestedToo() {
    assertThat(OpenSsl.isAvailable()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void strict_bothSidesAreKnown(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    assertThat(call("hello")).isEqualTo("hello");
    assertThat(meshes.peers).hasSize(1);
    assertThat(meshes.peers.get(0).secure()).isTrue();
    assertThat(meshes.peers.get(0).identity()).hasToString(WEB);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void strict_plaintextIsRefused(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    ManagedChannel plain = meshes.plainChannel();
    assertThat(failure(plain).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(0);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void permissive_bothOnOnePort(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.PERMISSIVE);
    assertThat(call("hello")).isEqualTo("hello");
    ManagedChannel plain = meshes.plainChannel();
    assertThat(ClientCalls.blockingUnaryCall(plain, UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
    assertThat(meshes.peers).hasSize(2);
    assertThat(meshes.peers.get(0).identity()).hasToString(WEB);
    assertThat(meshes.peers.get(1).identity()).isNull();
    assertThat(meshes.peers.get(1).secure()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void disabledServer_clientNeverGoesOutInPlaintext(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.DISABLE);
    Status status = failure(meshes.channel());
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(0);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void otherIdentityThanExpected_isRefusedByTheClient(SslContexts contexts) throws Exception {
    use(contexts);
    meshes.start(
        ServerTlsPolicy.STRICT,
        new TlsPolicy(
            TlsPolicy.Mode.MESH,
            List.of(new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/other", false)),
            null,
            null));
    assertTlsFailed(failure(meshes.channel()));
    assertThat(meshes.service.calls).hasValue(0);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void otherIdentityThanAdmitted_isRefusedByTheServer(SslContexts contexts) throws Exception {
    use(contexts);
    meshes.start(
        new ServerTlsPolicy(
            ServerTlsPolicy.Mode.STRICT,
            List.of(new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/other", false))),
        ANY_PEER);
    assertThat(failure(meshes.channel()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(0);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void strangersAuthority_isRefused(SslContexts contexts) throws Exception {
    use(contexts);
    TestAuthority stranger = new TestAuthority();
    meshes.client.update(stranger.svid(WEB), authority.bundle());
    meshes.start(ServerTlsPolicy.STRICT, ANY_PEER);
    assertThat(failure(meshes.channel()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(0);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void identityThatComesLate_isWaitedFor(SslContexts contexts) throws Exception {
    meshes = new SecureMeshes(contexts);
    meshes.server.update(authority.svid(ORDERS), authority.bundle());
    meshes.start(ServerTlsPolicy.STRICT, ANY_PEER);
    var answer =
        ClientCalls.futureUnaryCall(meshes.channel().newCall(UNARY, CallOptions.DEFAULT), "hello");
    Eventually.until("it waits", () -> !meshes.clientMesh.engine.idle() || !answer.isDone());
    meshes.client.update(authority.svid(WEB), authority.bundle());
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
  }

  @ParameterizedTest
  @MethodSource("providers")
  void keysReplacedUnderLoad_losesNoCall(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    assertThat(call("hello")).isEqualTo("hello");
    meshes.underLoad(
        6,
        round -> {
          if (round % 2 == 0) {
            meshes.client.update(authority.svid(WEB), authority.bundle());
          } else {
            meshes.server.update(authority.svid(ORDERS), authority.bundle());
          }
        });
    assertThat(meshes.connections()).isGreaterThanOrEqualTo(7);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void rootReplacedUnderLoad_losesNoCall(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    assertThat(call("hello")).isEqualTo("hello");
    TestAuthority next = new TestAuthority();
    TrustBundle both = bundle(authority.root(), next.root());
    meshes.underLoad(
        4,
        round -> {
          switch (round) {
            case 0 -> {
              meshes.client.update(authority.svid(WEB), both);
              meshes.server.update(authority.svid(ORDERS), both);
            }
            case 1 -> meshes.client.update(next.svid(WEB), both);
            case 2 -> meshes.server.update(next.svid(ORDERS), both);
            default -> {
              meshes.client.update(next.svid(WEB), next.bundle());
              meshes.server.update(next.svid(ORDERS), next.bundle());
            }
          }
        });
  }

  private static TrustBundle bundle(X509Certificate... roots) {
    return TrustBundle.of("cluster.local", Set.of(roots));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void callInFlight_survivesNewKeys(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    EchoCall open = new EchoCall(meshes.channel());
    open.echo("before");
    meshes.client.update(authority.svid(WEB), authority.bundle());
    meshes.server.update(authority.svid(ORDERS), authority.bundle());
    Eventually.until(
        "new calls use new connections",
        () -> {
          call("hello");
          return meshes.connections() >= 2;
        });
    open.echo("after");
    open.finish();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void bannedPeer_isCutOffAtOnce_andDoesNotComeBack(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    EchoCall open = new EchoCall(meshes.channel());
    open.echo("before");
    meshes.server.update(
        authority.svid(ORDERS),
        new TrustBundle(
            Map.of("cluster.local", Set.of(authority.root())), Set.of(SpiffeId.parse(WEB))));
    assertThat(open.end.get(30, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    int calls = meshes.service.calls.get();
    assertThat(failure(meshes.channel()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(calls);
  }

  /** A certificate as an authority issues it whose clock is this much ahead of this host's. */
  private Svid issued(String spiffeId, Duration ahead) {
    Instant there = Instant.now().plus(ahead);
    return authority.svid(
        spiffeId, there.minus(Duration.ofMinutes(15)), there.plus(Duration.ofHours(24)));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void clocks_tenMinutesOff_eitherWay_areNoMatter_norWhenRenewed(SslContexts contexts)
      throws Exception {
    Duration off = Duration.ofMinutes(10);
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    meshes.client.update(issued(WEB, off), authority.bundle());
    meshes.server.update(issued(ORDERS, off.negated()), authority.bundle());
    assertThat(call("hello")).isEqualTo("hello");
    meshes.client.update(issued(WEB, off.negated()), authority.bundle());
    meshes.server.update(issued(ORDERS, off), authority.bundle());
    assertThat(call("hello")).isEqualTo("hello");
  }

  @ParameterizedTest
  @MethodSource("providers")
  void clocks_furtherOff_areNamedAsTheReason(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    meshes.server.update(issued(ORDERS, Duration.ofMinutes(20)), authority.bundle());
    assertThat(failure(meshes.channel()))
        .satisfies(
            status ->
                assertThat(status.asRuntimeException())
                    .hasStackTraceContaining("do the clocks differ?"));
  }

  /** Long enough for a handshake on a busy machine. */
  private Svid endingSoon(String spiffeId) {
    Instant now = Instant.now();
    return authority.svid(spiffeId, now.minusSeconds(60), now.plusSeconds(5));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void clientWhoseCertificateEnds_isCutOff_andDoesNotComeBack(SslContexts contexts)
      throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    meshes.client.update(endingSoon(WEB), authority.bundle());
    EchoCall open = new EchoCall(meshes.channel());
    open.echo("before");
    assertThat(open.end.get(30, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    int calls = meshes.service.calls.get();
    assertThat(failure(meshes.channel()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(meshes.service.calls).hasValue(calls);
  }

  @Test
  void serverWhoseCertificateEnds_isLeft() throws Exception {
    start(SslContexts.FASTEST, ServerTlsPolicy.Mode.STRICT);
    meshes.server.update(endingSoon(ORDERS), authority.bundle());
    EchoCall open = new EchoCall(meshes.channel());
    open.echo("before");
    assertThat(open.end.get(30, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertTlsFailed(failure(meshes.channel()));
  }

  /** What the server comes to know of a client that it had let in. */
  private enum Revocation {
    BANNED,
    UNTRUSTED
  }

  private TrustBundle after(Revocation revocation) {
    return revocation == Revocation.BANNED
        ? new TrustBundle(
            Map.of("cluster.local", Set.of(authority.root())), Set.of(SpiffeId.parse(WEB)))
        : new TestAuthority().bundle();
  }

  static Stream<Arguments> revocations() {
    return Stream.of(Revocation.values())
        .flatMap(
            revocation ->
                Stream.of("TLSv1.2", "TLSv1.3")
                    .flatMap(
                        version ->
                            providers()
                                .map(contexts -> Arguments.of(revocation, version, contexts))));
  }

  /** A client that keeps its sessions and its connection, as any but ours may. */
  @ParameterizedTest
  @MethodSource("revocations")
  void revokedForeigner_isCutOff_andCannotResumeItsSession(
      Revocation revocation, String version, SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    TlsGeneration own = Objects.requireNonNull(meshes.client.client(ANY_PEER));
    SSLContext foreign = SSLContext.getInstance("TLS");
    foreign.init(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()}, null);
    try (SSLSocket open = connect(foreign, version)) {
      assertThat(open.getInputStream().readNBytes(FRAME_HEAD)[3]).isEqualTo(SETTINGS);
      meshes.server.update(authority.svid(ORDERS), after(revocation));
      assertThat(ends(open)).as("the open connection").isTrue();
    }
    try (SSLSocket again = connect(foreign, version)) {
      assertThat(again.getInputStream().readNBytes(FRAME_HEAD)).as("with its session").isEmpty();
    } catch (IOException e) {
      // Refused in the handshake, which is as good.
    }
  }

  private SSLSocket connect(SSLContext context, String version) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), meshes.port());
    socket.setSoTimeout(10_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  /** Whether the other side ends the connection before time is up. */
  private static boolean ends(SSLSocket socket) throws IOException {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void bannedServer_isLeftAtOnce(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.STRICT);
    EchoCall open = new EchoCall(meshes.channel());
    open.echo("before");
    meshes.client.update(
        authority.svid(WEB),
        new TrustBundle(
            Map.of("cluster.local", Set.of(authority.root())), Set.of(SpiffeId.parse(ORDERS))));
    assertThat(open.end.get(30, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertTlsFailed(failure(meshes.channel()));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void strictFromNowOn_sendsPlaintextAway(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.PERMISSIVE);
    ManagedChannel plain = meshes.plainChannel();
    EchoCall open = new EchoCall(plain);
    open.echo("before");
    meshes.serve(ServerTlsPolicy.STRICT);
    open.echo("after"); // what is in flight has a while
    assertThat(failure(plain).getCode()).isNotEqualTo(Status.Code.OK);
    open.finish();
    assertThat(call("hello")).isEqualTo("hello");
  }

  @ParameterizedTest
  @MethodSource("providers")
  void plaintextFromNowOn_clientFollows(SslContexts contexts) throws Exception {
    start(contexts, ServerTlsPolicy.Mode.PERMISSIVE);
    assertThat(call("hello")).isEqualTo("hello");
    meshes.callWith(null);
    Eventually.until(
        "plaintext",
        () -> {
          call("hello");
          return !meshes.peers.get(meshes.peers.size() - 1).secure();
        });
    meshes.callWith(ANY_PEER);
    call("hello");
    assertThat(meshes.peers.get(meshes.peers.size() - 1).secure()).isTrue();
  }

  @Test
  void channelOfSomebodyElse_failsWithAHint_orUsesTheMeshsCredentials() throws Exception {
    start(SslContexts.FASTEST, ServerTlsPolicy.Mode.STRICT);
    MeshChannels.useByDefault(meshes.clientMesh);
    try {
      ManagedChannel foreign =
          meshes.keep(NettyChannelBuilder.forTarget("mesh:///orders").usePlaintext().build());
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(foreign, UNARY, CallOptions.DEFAULT, "hello"))
          .hasMessageContaining("MeshChannels.credentials()");
      assertThat(meshes.service.calls).hasValue(0);
      ManagedChannel ours =
          meshes.keep(
              io.grpc.Grpc.newChannelBuilder("mesh:///orders", MeshChannels.credentials()).build());
      assertThat(ClientCalls.blockingUnaryCall(ours, UNARY, CallOptions.DEFAULT, "hello"))
          .isEqualTo("hello");
    } finally {
      MeshChannels.useByDefault(null);
    }
  }
}

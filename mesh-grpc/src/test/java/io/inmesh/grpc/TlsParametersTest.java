package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsParameters.CipherSuite;
import io.inmesh.model.TlsParameters.Curve;
import io.inmesh.model.TlsParameters.Version;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ID-09, with BoringSSL and with the JDK's TLS. */
class TlsParametersTest {
  private final TestAuthority authority = new TestAuthority();
  private SecureMeshes meshes = new SecureMeshes(SslContexts.FASTEST);

  static Stream<SslContexts> providers() {
    return Stream.of(SslContexts.FASTEST, SslContexts.JDK);
  }

  @AfterEach
  void nothingLeaks() {
    meshes.close();
  }

  private static TlsPolicy caller(TlsParameters parameters) {
    return new TlsPolicy(
        TlsPolicy.Mode.MESH, List.of(), Map.of(), List.of(), null, null, null, parameters);
  }

  private static TlsParameters curve(Curve curve) {
    return new TlsParameters(Version.TLS_1_2, Version.TLS_1_3, List.of(), List.of(curve));
  }

  private void start(SslContexts contexts, TlsParameters server, TlsParameters client)
      throws Exception {
    meshes = new SecureMeshes(contexts);
    meshes.client.update(
        authority.svid("spiffe://cluster.local/ns/default/sa/web"), authority.bundle());
    meshes.server.update(
        authority.svid("spiffe://cluster.local/ns/default/sa/orders"), authority.bundle());
    meshes.start(
        new ServerTlsPolicy(ServerTlsPolicy.Mode.STRICT, List.of(), Map.of(), server),
        caller(client));
  }

  private String call() {
    return ClientCalls.blockingUnaryCall(
        meshes.channel(),
        UNARY,
        CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
        "hello");
  }

  /** The suite that the server agrees on with a client that speaks one version. */
  private String shake(String version) throws Exception {
    var own = Objects.requireNonNull(meshes.client.client(caller(TlsParameters.DEFAULT)));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), meshes.port())) {
      socket.setSoTimeout(10_000);
      socket.setEnabledProtocols(new String[] {version});
      socket.startHandshake();
      return socket.getSession().getCipherSuite();
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void olderVersionThanTheLeast_isRefused(SslContexts contexts) throws Exception {
    TlsParameters newest =
        new TlsParameters(Version.TLS_1_3, Version.TLS_1_3, List.of(), List.of());
    start(contexts, newest, TlsParameters.DEFAULT);
    assertThat(call()).isEqualTo("hello");
    assertThatThrownBy(() -> shake("TLSv1.2")).isInstanceOf(SSLException.class);
    assertThat(shake("TLSv1.3")).startsWith("TLS_AES");
    meshes.callWith(
        caller(new TlsParameters(Version.TLS_1_2, Version.TLS_1_2, List.of(), List.of())));
    assertThatThrownBy(this::call).isInstanceOf(StatusRuntimeException.class);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void cipherSuites_areTheOnlyOnes(SslContexts contexts) throws Exception {
    TlsParameters chacha =
        new TlsParameters(
            Version.TLS_1_2, Version.TLS_1_3, List.of(CipherSuite.ECDHE_ECDSA_CHACHA20), List.of());
    start(contexts, chacha, chacha);
    assertThat(shake("TLSv1.2")).isEqualTo("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    assertThat(call()).isEqualTo("hello");
  }

  @ParameterizedTest
  @MethodSource("providers")
  void curves_areTheOnlyOnes(SslContexts contexts) throws Exception {
    start(contexts, curve(Curve.P_384), curve(Curve.P_384));
    assertThat(call()).isEqualTo("hello");
    meshes.callWith(caller(curve(Curve.X25519)));
    assertThatThrownBy(this::call).isInstanceOf(StatusRuntimeException.class);
  }
}

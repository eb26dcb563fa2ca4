package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.http.netty.TransportSettings;
import io.inmesh.http.server.ServerSettings;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsParameters.CipherSuite;
import io.inmesh.model.TlsParameters.Curve;
import io.inmesh.model.TlsParameters.Version;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ID-09, with BoringSSL and with the JDK's TLS. */
class TlsParametersTest {
  private static Rig rig(boolean nativeTls, TlsParameters server, TlsParameters client) {
    Rig rig = new Rig(Wire.H2_TLS);
    rig.clientSettings = TransportSettings.DEFAULT.withNativeTls(nativeTls);
    rig.serverSettings = ServerSettings.DEFAULT.withNativeTls(nativeTls);
    rig.inbound.tlsPolicy(
        new ServerTlsPolicy(ServerTlsPolicy.Mode.STRICT, List.of(), Map.of(), server));
    rig.parameters = client;
    return rig;
  }

  private static TlsParameters curve(Curve curve) {
    return new TlsParameters(Version.TLS_1_2, Version.TLS_1_3, List.of(), List.of(curve));
  }

  /** The suite that the server agrees on with a client that speaks one version. */
  private static String shake(Rig rig, MeshHttpServer server, String version) throws Exception {
    InetSocketAddress address = server.getAddress();
    try (SSLSocket socket =
        (SSLSocket)
            Foreign.context(rig.clientTls)
                .getSocketFactory()
                .createSocket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(10_000);
      socket.setEnabledProtocols(new String[] {version});
      socket.startHandshake();
      return socket.getSession().getCipherSuite();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void olderVersionThanTheLeast_isRefused(boolean nativeTls) throws Exception {
    TlsParameters newest =
        new TlsParameters(Version.TLS_1_3, Version.TLS_1_3, List.of(), List.of());
    try (Rig rig = rig(nativeTls, newest, TlsParameters.DEFAULT)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> shake(rig, server, "TLSv1.2")).isInstanceOf(SSLException.class);
      assertThat(shake(rig, server, "TLSv1.3")).startsWith("TLS_AES");
      rig.parameters = new TlsParameters(Version.TLS_1_2, Version.TLS_1_2, List.of(), List.of());
      rig.orders(server);
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cipherSuites_areTheOnlyOnes(boolean nativeTls) throws Exception {
    TlsParameters chacha =
        new TlsParameters(
            Version.TLS_1_2, Version.TLS_1_3, List.of(CipherSuite.ECDHE_ECDSA_CHACHA20), List.of());
    try (Rig rig = rig(nativeTls, chacha, chacha)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      assertThat(shake(rig, server, "TLSv1.2"))
          .isEqualTo("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void curves_areTheOnlyOnes(boolean nativeTls) throws Exception {
    try (Rig rig = rig(nativeTls, curve(Curve.P_384), curve(Curve.P_384))) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      rig.parameters = curve(Curve.X25519);
      rig.orders(server);
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
    }
  }
}

package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** ID-15: what a process tells of its certificate and of connections that it refused. */
class IdentityMetricsTest {
  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void certificateAndRefusals_areCounted(World world) throws Exception {
    Metrics metrics = new Metrics();
    world.expectWarning("was refused");
    Instance orders = world.serve("orders", ok(), config -> config.openTelemetry(metrics));
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(metrics.refused("plaintext") + metrics.refused("handshake")).isZero();

    assertThat(metrics.points("identity_cert_expiration_timestamp_seconds"))
        .singleElement()
        .satisfies(
            point ->
                assertThat(Instant.ofEpochSecond(point.getValue()))
                    .isBetween(Instant.now(), Instant.now().plusSeconds(25 * 3600)));
    assertThat(metrics.points("identity_cert_refresh_count"))
        .singleElement()
        .satisfies(point -> assertThat(point.getValue()).isPositive());

    assertThat(new Stranger(world.transport(), orders.port()).isServed()).isFalse();
    world.until("plaintext is counted", () -> metrics.refused("plaintext") > 0);
    connectWithoutCertificate(orders.port());
    world.until("a failed handshake is counted", () -> metrics.refused("handshake") == 1);
  }

  private static void connectWithoutCertificate(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Anybody()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(10_000);
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      // The alert, which is as good.
    }
  }
}

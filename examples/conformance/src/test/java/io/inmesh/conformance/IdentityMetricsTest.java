package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.io.IOException;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** ID-15: what a process tells of its certificate and of connections that it refused. */
class IdentityMetricsTest {
  /** The metrics of one process, read when asked. */
  private static final class Metrics implements MetricReader, OpenTelemetry {
    private CollectionRegistration source = CollectionRegistration.noop();
    private final SdkMeterProvider meters =
        SdkMeterProvider.builder().registerMetricReader(this).build();

    @Override
    public void register(CollectionRegistration registration) {
      source = registration;
    }

    /** The points of a metric, whatever their attributes. */
    Stream<LongPointData> points(String name) {
      return source.collectAllMetrics().stream()
          .filter(metric -> metric.getName().equals(name))
          .flatMap(
              metric ->
                  Stream.concat(
                      metric.getLongGaugeData().getPoints().stream(),
                      metric.getLongSumData().getPoints().stream()));
    }

    long refused(String reason) {
      return points("inmesh.server.connections.refused")
          .filter(
              point -> reason.equals(point.getAttributes().get(AttributeKey.stringKey("reason"))))
          .mapToLong(LongPointData::getValue)
          .sum();
    }

    @Override
    public CompletableResultCode forceFlush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public MeterProvider getMeterProvider() {
      return meters;
    }

    @Override
    public TracerProvider getTracerProvider() {
      return TracerProvider.noop();
    }

    @Override
    public ContextPropagators getPropagators() {
      return ContextPropagators.noop();
    }
  }

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
    context.init(null, new TrustManager[] {new TrustsAnybody()}, null);
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

  private static final class TrustsAnybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}

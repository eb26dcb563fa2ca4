package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.inTurn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.inmesh.call.Admission;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Inbound;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TelemetryTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 9000);

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk telemetry =
      OpenTelemetrySdk.builder()
          .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final FakeMesh mesh =
      new FakeMesh(
          EngineSettings.insecure("web", "default"), builder -> builder.telemetry(telemetry));
  private final FakeTransport transport = mesh.transport();

  private void orders(TestRoute route) {
    Endpoint endpoint =
        new Endpoint(
            ADDRESS,
            1,
            Endpoint.Health.HEALTHY,
            "",
            Map.of("workload", "orders-v2", "version", "v2"));
    mesh.update(Snapshots.builder().add("orders", endpoint).routes("orders", 80, route));
  }

  private MetricData metric(String name) {
    return reader.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no metric " + name));
  }

  private static @Nullable String text(Attributes attributes, String key) {
    return attributes.get(AttributeKey.stringKey(key));
  }

  /** Malformed, too large or too slow: with a status and a flag, but no method. */
  @Test
  void requestsAnsweredBeforeTheyAreAdmitted_areCounted() {
    Inbound inbound = mesh.engine().inbound(8080);
    Peer stranger = Peer.of(ADDRESS, ADDRESS, null);
    inbound.rejected(431, stranger, 5_000_000);
    inbound.rejected(408, stranger, 10_000_000_000L);
    assertThat(metric("istio_requests_total").getLongSumData().getPoints())
        .extracting(
            point -> text(point.getAttributes(), "reporter"),
            point -> text(point.getAttributes(), "response_code"),
            point -> text(point.getAttributes(), "response_flags"))
        .containsExactlyInAnyOrder(
            tuple("destination", "431", "UPE"), tuple("destination", "408", "SI"));
    assertThat(metric("http.server.request.duration").getHistogramData().getPoints())
        .extracting(HistogramPointData::getSum)
        .containsExactlyInAnyOrder(0.005, 10.0);
  }

  @Test
  void istio_outboundCall_isReportedAsIstioDoes() {
    orders(TestRoute.any().to(ORDERS));
    mesh.start(FakeRequest.get("orders", "/"), transport.script(answer(200)));
    LongPointData point =
        metric("istio_requests_total").getLongSumData().getPoints().iterator().next();
    assertThat(point.getValue()).isEqualTo(1);
    Attributes labels = point.getAttributes();
    Map<String, String> expected =
        Map.ofEntries(
            Map.entry("reporter", "source"),
            Map.entry("source_workload", "web"),
            Map.entry("source_workload_namespace", "default"),
            Map.entry("source_canonical_service", "web"),
            Map.entry("destination_service", "orders.default.svc.cluster.local"),
            Map.entry("destination_service_name", "orders"),
            Map.entry("destination_service_namespace", "default"),
            Map.entry("destination_workload", "orders-v2"),
            Map.entry("destination_version", "v2"),
            Map.entry("destination_principal", "unknown"),
            Map.entry("request_protocol", "http"),
            Map.entry("response_code", "200"),
            Map.entry("response_flags", "-"),
            Map.entry("connection_security_policy", "unknown"));
    expected.forEach((key, value) -> assertThat(text(labels, key)).as(key).isEqualTo(value));
  }

  @Test
  void http_duration_coversRetriesAndIsInSeconds() {
    orders(TestRoute.any().to(ORDERS).retry(1, "5xx"));
    transport.script(inTurn(answer(503), attempt -> {}));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(250);
    answer(200).accept(transport.attempt());
    HistogramPointData point =
        metric("http.client.request.duration").getHistogramData().getPoints().iterator().next();
    assertThat(point.getSum()).isEqualTo(0.25);
    assertThat(text(point.getAttributes(), "http.request.method")).isEqualTo("GET");
    assertThat(point.getAttributes().get(AttributeKey.longKey("http.response.status_code")))
        .isEqualTo(200);
    assertThat(point.getAttributes().get(AttributeKey.longKey("server.port"))).isEqualTo(80);
    assertThat(metric("inmesh.client.retries").getLongSumData().getPoints())
        .extracting(retries -> text(retries.getAttributes(), "result"))
        .containsExactlyInAnyOrder("scheduled", "success");
  }

  @Test
  void rpc_duration_namesServiceAndMethod() {
    orders(TestRoute.any().to(ORDERS));
    mesh.start(FakeRequest.grpc("orders", "/shop.Orders/Get"), transport);
    transport.attempt().sent();
    transport.attempt().head(FakeResponse.http(200));
    transport.attempt().end(5, null);
    HistogramPointData point =
        metric("rpc.client.duration").getHistogramData().getPoints().iterator().next();
    assertThat(text(point.getAttributes(), "rpc.service")).isEqualTo("shop.Orders");
    assertThat(text(point.getAttributes(), "rpc.method")).isEqualTo("Get");
    assertThat(point.getAttributes().get(AttributeKey.longKey("rpc.grpc.status_code")))
        .isEqualTo(5);
  }

  /** RT-20: what an operator says responses mean is what counts as an error. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "200, -",
        "404, 404",
        "409, -", // said to be a success
        "201, 201", // said to be a failure
        "503, 503"
      })
  void errorType_isWhatAnOperatorCallsAFailure(int status, @Nullable String error) {
    orders(TestRoute.any().to(ORDERS).policy(MEANINGS));
    mesh.start(FakeRequest.get("orders", "/"), transport.script(answer(status)));
    assertThat(text(only("http.client.request.duration"), "error.type")).isEqualTo(error);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"0, -", "5, 5", "6, -", "14, 14"})
  void errorType_ofGrpc_isWhatAnOperatorCallsAFailure(int status, @Nullable String error) {
    orders(TestRoute.any().to(ORDERS).policy(MEANINGS));
    mesh.start(FakeRequest.grpc("orders", "/shop.Orders/Get"), transport);
    transport.attempt().sent();
    transport.attempt().head(FakeResponse.http(200));
    transport.attempt().end(status, null);
    assertThat(text(only("rpc.client.duration"), "error.type")).isEqualTo(error);
  }

  private static final CallPolicy MEANINGS =
      new CallPolicy(
          null,
          false,
          List.of(
              new ResponseClass(409, 409, Set.of(6), false),
              new ResponseClass(201, 201, Set.of(), true)));

  private Attributes only(String histogram) {
    return metric(histogram).getHistogramData().getPoints().iterator().next().getAttributes();
  }

  @Test
  void failure_flagAndStatus_areASidecars() {
    mesh.update(Snapshots.service("orders"));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    Attributes labels =
        metric("istio_requests_total")
            .getLongSumData()
            .getPoints()
            .iterator()
            .next()
            .getAttributes();
    assertThat(text(labels, "response_flags")).isEqualTo("UH");
    assertThat(text(labels, "response_code")).isEqualTo("503");
    assertThat(text(labels, "destination_service")).isEqualTo("orders.default.svc.cluster.local");
  }

  @Test
  void inbound_request_isReportedWithThePeer() {
    Peer peer = new Peer(ADDRESS, SpiffeId.parse("spiffe://mesh/ns/shop/sa/cart"), true);
    Admission admission = mesh.engine().inbound(8080).admit(FakeRequest.get("web", "/"), peer);
    ((Admission.Allowed) admission).call().finish(404, ResponseHead.NO_GRPC_STATUS);
    Attributes labels =
        metric("istio_requests_total")
            .getLongSumData()
            .getPoints()
            .iterator()
            .next()
            .getAttributes();
    assertThat(text(labels, "reporter")).isEqualTo("destination");
    assertThat(text(labels, "source_principal")).isEqualTo("spiffe://mesh/ns/shop/sa/cart");
    assertThat(text(labels, "source_workload_namespace")).isEqualTo("shop");
    assertThat(text(labels, "connection_security_policy")).isEqualTo("mutual_tls");
    assertThat(metric("http.server.request.duration").getHistogramData().getPoints()).hasSize(1);
  }

  @Test
  void spans_ofACall_areOnePerAttemptBelowOnePerCall() {
    orders(TestRoute.any().to(ORDERS).retry(1, "5xx"));
    transport.script(inTurn(answer(503), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(30);
    List<SpanData> spans = exporter.getFinishedSpanItems();
    assertThat(spans).hasSize(3);
    SpanData call = spans.get(2);
    assertThat(call.getKind()).isEqualTo(SpanKind.INTERNAL);
    for (SpanData attempt : spans.subList(0, 2)) {
      assertThat(attempt.getKind()).isEqualTo(SpanKind.CLIENT);
      assertThat(attempt.getParentSpanId()).isEqualTo(call.getSpanId());
    }
    assertThat(spans.get(0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(spans.get(1).getAttributes().get(AttributeKey.longKey("http.request.resend_count")))
        .isEqualTo(1);
  }

  @Test
  void traceparent_ofEachAttempt_isItsOwnSpan() {
    orders(TestRoute.any().to(ORDERS));
    FakeRequest request = FakeRequest.get("orders", "/");
    transport.script(
        attempt -> {
          attempt.decorate(request);
          answer(200).accept(attempt);
        });
    Span parent = telemetry.getTracer("test").spanBuilder("parent").startSpan();
    try (Scope scope = parent.makeCurrent()) {
      assertThat(scope).isNotNull();
      mesh.start(request, CallOptions.DEFAULT, transport);
    }
    SpanData attempt = exporter.getFinishedSpanItems().get(0);
    assertThat(request.headers().get("traceparent"))
        .startsWith("00-" + parent.getSpanContext().getTraceId() + "-" + attempt.getSpanId());
  }

  @Test
  void trace_thatIsNotSampled_isHandedOnAsSuchAndRecordsNothing() {
    FakeMesh unsampled =
        new FakeMesh(
            EngineSettings.insecure("web", "default"),
            builder -> builder.telemetry(sampled(Sampler.alwaysOff())));
    unsampled.update(
        Snapshots.builder()
            .add("orders", Snapshots.endpoint("127.0.0.1", 9000))
            .routes("orders", 80, TestRoute.any().to(ORDERS)));
    FakeRequest request = FakeRequest.get("orders", "/");
    FakeTransport sender = unsampled.transport();
    sender.script(
        attempt -> {
          attempt.decorate(request);
          answer(200).accept(attempt);
        });
    unsampled.start(request, sender);
    // The lowest bit of the flags says that a trace is sampled.
    assertThat(request.headers().get("traceparent")).matches("00-\\w{32}-\\w{16}-0[02]");
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void sampler_whereNothingIsDecidedYet_seesTheRequest() {
    FakeMesh mostly =
        new FakeMesh(
            EngineSettings.insecure("web", "default"),
            builder -> builder.telemetry(sampled(new OfMethod("GET"))));
    mostly.start(FakeRequest.get("nowhere", "/"), mostly.transport());
    mostly.start(FakeRequest.http("POST", "nowhere", "/"), mostly.transport());
    mostly.clock().advanceMillis(60_000);
    assertThat(exporter.getFinishedSpanItems())
        .extracting(SpanData::getName)
        .containsExactly("GET");
  }

  private OpenTelemetrySdk sampled(Sampler sampler) {
    return OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .setSampler(sampler)
                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                .build())
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build();
  }

  /** Records requests of one method. */
  private record OfMethod(String method) implements Sampler {
    @Override
    public SamplingResult shouldSample(
        Context parent,
        String traceId,
        String name,
        SpanKind kind,
        Attributes attributes,
        List<LinkData> links) {
      return method.equals(text(attributes, "http.request.method"))
          ? SamplingResult.recordAndSample()
          : SamplingResult.drop();
    }

    @Override
    public String getDescription() {
      return toString();
    }
  }
}

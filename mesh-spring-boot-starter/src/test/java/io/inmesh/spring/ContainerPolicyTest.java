package io.inmesh.spring;

import static io.inmesh.spring.Containers.field;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.call.CallContext;
import io.inmesh.call.MeshHeaders;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What configuration has servers do, they do in each container. */
@Timeout(60)
class ContainerPolicyTest {
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
  private static final InMemoryMetricReader READER = InMemoryMetricReader.create();
  private static final InMemorySpanExporter SPANS = InMemorySpanExporter.create();
  private static final OpenTelemetrySdk TELEMETRY =
      OpenTelemetrySdk.builder()
          .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(READER).build())
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(SPANS))
                  .build())
          .build();
  private static Containers containers;

  @BeforeAll
  static void start() throws Exception {
    containers = new Containers(config -> config.openTelemetry(TELEMETRY));
  }

  @AfterAll
  static void stop() throws Exception {
    containers.close();
    TELEMETRY.close();
  }

  @AfterEach
  void nothingIsHeld() {
    for (Container container : Container.values()) {
      containers.get(container).orders().release();
    }
  }

  // ---- limits ----

  @ParameterizedTest
  @CsvSource({
    "TOMCAT, 'maxInFlight: 1', 1",
    "JETTY, 'maxInFlight: 1', 1",
    "REACTOR, 'maxInFlight: 1', 1",
    "TOMCAT, 'adaptive: true', 3",
    "JETTY, 'adaptive: true', 3",
    "REACTOR, 'adaptive: true', 3"
  })
  void limitOfConcurrency_refusesWhatIsMore(Container container, String policy, int limit)
      throws Exception {
    containers.config(Containers.policy("concurrency: {" + policy + "}"));
    Orders orders = containers.get(container).orders();
    orders.hold();
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    for (int i = 0; i < limit; i++) {
      held.add(containers.post(container, "/raw/held"));
    }
    Shop.await("they are there", () -> orders.held.get() == limit);
    assertThat(containers.get(container, "/raw/plain").statusCode()).isEqualTo(503);
    orders.release();
    held.forEach(each -> assertThat(each.join().statusCode()).isEqualTo(200));
    Shop.await("there is room again", () -> status(container, "/raw/plain") == 200);
  }

  /** Whatever becomes of a request, its place is free again. */
  @ParameterizedTest
  @EnumSource
  void requestThatFails_givesItsPlaceBack(Container container) throws Exception {
    containers.config(Containers.policy("concurrency: {maxInFlight: 1}"));
    for (String path : List.of("/raw/error", "/raw/throw", "/raw/missing", "/raw/async")) {
      assertThat(status(container, path)).as(path).isNotEqualTo(503);
      Shop.await("there is room after " + path, () -> status(container, "/raw/plain") == 200);
    }
  }

  private static int status(Container container, String path) {
    try {
      return containers.get(container, path).statusCode();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  // ---- the call tree ----

  private static long remainingMillis() {
    long deadline = CallContext.deadlineNanos(Context.current());
    return deadline == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
  }

  /** UX-01. */
  @ParameterizedTest
  @EnumSource
  void deadlineOfTheCaller_endsWhatIsCalledForIt(Container container) throws Exception {
    containers.config("");
    AtomicLong remaining = new AtomicLong();
    containers.stock(
        exchange -> {
          remaining.set(remainingMillis());
          answer(exchange, 200);
        });
    containers.get(container, "/raw/stock");
    assertThat(remaining).hasValue(Long.MAX_VALUE);
    for (String path : List.of("/raw/stock", "/raw/stock-async")) {
      HttpResponse<String> answer =
          containers.get(container, path, MeshHeaders.TIMEOUT_MS, "10000");
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(remaining.get()).as(path).isBetween(1L, 10_000L);
    }
    HttpResponse<String> late =
        containers.get(container, "/raw/stock", MeshHeaders.TIMEOUT_MS, "0");
    assertThat(late.statusCode()).isEqualTo(504);
  }

  @ParameterizedTest
  @EnumSource
  void deadlineThatPasses_isSeenByTheHandler(Container container) throws Exception {
    containers.config("");
    CountDownLatch never = new CountDownLatch(1);
    containers.stock(
        exchange -> {
          await(never);
          exchange.close();
        });
    try {
      assertThat(
              containers.get(container, "/raw/stock", MeshHeaders.TIMEOUT_MS, "100").statusCode())
          .isEqualTo(504);
    } finally {
      never.countDown();
    }
  }

  /** UX-02; servlet containers say that a caller has left when something is written to it. */
  @ParameterizedTest
  @CsvSource({"TOMCAT, /raw/leave", "JETTY, /raw/leave", "REACTOR, /raw/stock"})
  void callerThatLeaves_cancelsWhatIsCalledForIt(Container container, String path)
      throws Exception {
    containers.config("");
    CountDownLatch asked = new CountDownLatch(1);
    AtomicInteger broken = new AtomicInteger();
    containers.stock(
        exchange -> {
          asked.countDown();
          exchange.sendResponseHeaders(200, 0);
          try {
            while (true) {
              exchange.getResponseBody().write(new byte[10_000]);
              exchange.getResponseBody().flush();
            }
          } finally {
            broken.incrementAndGet();
          }
        });
    try (Socket leaving =
        containers.write(container, "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")) {
      asked.await();
      leaving.setSoLinger(true, 0);
    }
    Shop.await("the call to stock is broken off", () -> broken.get() == 1);
  }

  /** UX-06: who calls does not retry what was retried. */
  @ParameterizedTest
  @EnumSource
  void spentRetries_areSaidToTheCaller(Container container) throws Exception {
    containers.config(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: RoutePolicy
        metadata: {name: stock}
        spec:
          targetRefs: [{kind: Service, name: stock}]
          retry: {attempts: 1, on: [5xx], backoff: {base: 1ms, max: 2ms}}
        """);
    AtomicInteger asked = new AtomicInteger();
    containers.stock(
        exchange -> {
          asked.incrementAndGet();
          answer(exchange, 503);
        });
    for (String path : List.of("/raw/stock", "/raw/stock-async")) {
      asked.set(0);
      HttpResponse<String> answer = containers.get(container, path);
      assertThat(asked).as(path).hasValue(2);
      assertThat(field(answer, MeshHeaders.RETRY)).as(path).isEqualTo(MeshHeaders.NO_RETRY);
    }
  }

  private static void answer(HttpExchange exchange, int status) throws java.io.IOException {
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- telemetry ----

  private static boolean counted(Container container, int status) {
    return READER.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals("istio_requests_total"))
        .flatMap(metric -> metric.getLongSumData().getPoints().stream())
        .map(point -> point.getAttributes().asMap().toString())
        .anyMatch(
            attributes ->
                attributes.contains(container.service() + ".default")
                    && attributes.contains("reporter=destination")
                    && attributes.contains("response_code=" + status));
  }

  private static boolean measured(int status) {
    return READER.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals("http.server.request.duration"))
        .flatMap(metric -> metric.getHistogramData().getPoints().stream())
        .anyMatch(point -> Objects.equals(point.getAttributes().get(STATUS), (long) status));
  }

  /** Those of other tests may end late. */
  private static List<SpanData> spans(String path) {
    return SPANS.getFinishedSpanItems().stream()
        .filter(span -> path.equals(span.getAttributes().get(PATH)))
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void requests_areMeasuredAndTraced_withTheirStatus(Container container) throws Exception {
    containers.config("");
    for (String path : List.of("/raw/plain", "/raw/error", "/raw/throw", "/raw/missing")) {
      SPANS.reset();
      int status = status(container, path);
      Shop.await(path + " is counted as " + status, () -> counted(container, status));
      Shop.await(path + " is measured", () -> measured(status));
      Shop.await("its span has ended", () -> !spans(path).isEmpty());
      assertThat(spans(path))
          .as(path)
          .singleElement()
          .satisfies(
              span -> {
                assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
                assertThat(span.getAttributes().get(STATUS)).isEqualTo((long) status);
              });
    }
  }
}

package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** OB-01, OB-05, OB-12, OB-14: what OpenTelemetry is told, the same over every transport. */
class CallTelemetryTest {
  private static final String GET = "orders/shop.Orders/Get";

  private static @Nullable String text(Attributes attributes, String key) {
    return attributes.get(AttributeKey.stringKey(key));
  }

  private static @Nullable Long number(Attributes attributes, String key) {
    return attributes.get(AttributeKey.longKey(key));
  }

  private static String duration(World world, String side) {
    return world.transport().grpc()
        ? "rpc." + side + ".duration"
        : "http." + side + ".request.duration";
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void retriedCall_isOneCallWithTwoAttempts(World world) throws Exception {
    world.config(
        versions("orders"), policy("orders", "retry: {attempts: 1, on: [5xx, unavailable]}"));
    Telemetry server = new Telemetry();
    world.serve("orders", Behaviour.failFirst(1, 503), config -> config.openTelemetry(server));
    Telemetry client = new Telemetry();
    Caller web = world.client("web", config -> config.openTelemetry(client));
    assertThat(web.get(GET)).isOk();
    Map<String, String> atServer = Map.of("reporter", "destination");
    world.until(
        "all has ended",
        () ->
            server.spans(SpanKind.SERVER).size() == 2
                && server.metrics.count("istio_requests_total", atServer) == 2);

    SpanData call = client.spans(SpanKind.INTERNAL).get(0);
    List<SpanData> attempts = client.spans(SpanKind.CLIENT);
    assertThat(attempts).extracting(SpanData::getParentSpanId).containsOnly(call.getSpanId());
    assertThat(attempts)
        .extracting(attempt -> attempt.getStatus().getStatusCode())
        .containsExactly(StatusCode.ERROR, StatusCode.UNSET);
    assertThat(attempts)
        .extracting(attempt -> number(attempt.getAttributes(), "http.request.resend_count"))
        .containsExactly(null, 1L);
    assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    Set<String> sent = attempts.stream().map(SpanData::getSpanId).collect(Collectors.toSet());
    assertThat(server.spans(SpanKind.SERVER))
        .extracting(SpanData::getParentSpanId)
        .containsExactlyInAnyOrderElementsOf(sent);
    Attributes described = attempts.get(1).getAttributes();
    assertThat(text(described, "server.address")).isEqualTo("orders");
    if (world.transport().grpc()) {
      assertThat(text(described, "rpc.service")).isEqualTo("shop.Orders");
      assertThat(text(described, "rpc.method")).isEqualTo("Get");
      assertThat(number(described, "rpc.grpc.status_code")).isZero();
    } else {
      assertThat(text(described, "http.request.method")).isEqualTo("GET");
      assertThat(text(described, "url.full")).isEqualTo("http://orders/shop.Orders/Get");
      assertThat(number(described, "http.response.status_code")).isEqualTo(200);
    }

    String retries = "inmesh.client.retries";
    assertThat(client.metrics.count(retries, Map.of("result", "scheduled"))).isEqualTo(1);
    assertThat(client.metrics.count(retries, Map.of("result", "success"))).isEqualTo(1);
    Attributes istio = istio(client, 1);
    assertThat(text(istio, "reporter")).isEqualTo("source");
    assertThat(text(istio, "response_code")).isEqualTo("200");
    assertThat(text(istio, "response_flags")).isEqualTo("-");
    assertThat(text(istio, "request_protocol"))
        .isEqualTo(world.transport().grpc() ? "grpc" : "http");
    assertThat(client.metrics.attributes(duration(world, "client")))
        .singleElement()
        .satisfies(
            set -> {
              assertThat(text(set, "server.address")).startsWith("orders.");
              assertThat(number(set, "server.port")).isEqualTo(80);
              assertThat(text(set, "error.type")).isNull();
            });
    assertThat(server.metrics.attributes(duration(world, "server"))).hasSize(2);
  }

  private static Attributes istio(Telemetry of, int calls) {
    assertThat(of.metrics.count("istio_requests_total", Map.of())).isEqualTo(calls);
    return of.metrics.attributes("istio_requests_total").get(0);
  }

  /** OB-12: the flag that runbooks know, wherever it is looked for. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void failedCall_hasItsFlag(World world) throws Exception {
    world.config(versions("orders"));
    Telemetry client = new Telemetry();
    Caller web = world.client("web", config -> config.openTelemetry(client));
    assertThat(web.get(GET).reason()).isNotNull();
    assertThat(text(istio(client, 1), "response_flags")).isEqualTo("UH");
    assertThat(client.metrics.attributes(duration(world, "client")))
        .singleElement()
        .satisfies(set -> assertThat(text(set, "error.type")).isNotNull());
    assertThat(client.spans(SpanKind.INTERNAL))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
              assertThat(text(span.getAttributes(), "error.type")).isEqualTo("NO_HEALTHY_ENDPOINT");
            });
  }

  /** RS-16: two attempts at the same time below one call. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.BLOCKING)
  void hedgedCall_isOneCallWithTwoAttempts(World world) throws Exception {
    world.config(versions("orders"));
    Instance one = world.serve("orders", ok());
    Instance two = world.serve("orders", ok());
    Telemetry client = new Telemetry();
    Caller web = world.client("web", config -> config.openTelemetry(client));
    web.meet(GET, one, two);
    int calls = client.spans(SpanKind.INTERNAL).size();
    int before = client.spans(SpanKind.CLIENT).size();
    // So late that the attempt before it has arrived.
    world.config(versions("orders"), policy("orders", "hedge: {delay: 1s, budgetPercent: 100}"));
    CountDownLatch latch = new CountDownLatch(1);
    AtomicInteger seen = new AtomicInteger();
    Behaviour late = ok().after(latch);
    Behaviour firstIsLate =
        (request, own) -> (seen.getAndIncrement() == 0 ? late : ok()).treat(request, own);
    one.behave(firstIsLate);
    two.behave(firstIsLate);
    assertThat(web.get(GET)).isOk();
    latch.countDown();
    world.until("both have ended", () -> client.spans(SpanKind.CLIENT).size() == before + 2);
    assertThat(client.spans(SpanKind.CLIENT).subList(before, before + 2))
        .extracting(SpanData::getParentSpanId)
        .containsOnly(client.spans(SpanKind.INTERNAL).get(calls).getSpanId());
    assertThat(client.metrics.count("inmesh.client.hedges", Map.of("result", "sent"))).isEqualTo(1);
    assertThat(client.metrics.count("inmesh.client.hedges", Map.of("result", "won"))).isEqualTo(1);
    istio(client, calls + 1);
  }
}

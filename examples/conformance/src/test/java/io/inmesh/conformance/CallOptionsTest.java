package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.failFirst;
import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Transport.GRPC;
import static io.inmesh.conformance.world.Transport.H2C;
import static io.inmesh.conformance.world.Transport.HTTP1;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.World;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What applications say of their calls, and what becomes of retries: RS-14, RS-16, RS-18…RS-22. */
class CallOptionsTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String RETRY =
      "retry: {attempts: 3, on: [gateway-error, unavailable], backoff: {base: 1ms}}";

  private static <T> T with(RequestOptions options, Callable<T> block) throws Exception {
    return options.storeInContext(Context.current()).wrap(block).call();
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void options_ofABlock_goBeforeThePolicy(World world) throws Exception {
    world.config(versions("orders"), policy("orders", RETRY));
    Instance orders = world.serve("orders", failFirst(2, 503));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk().hasAttempts(3);
    orders.behave(failFirst(2, 503));
    assertThat(with(RequestOptions.DEFAULT.withMaxAttempts(1), () -> web.get(GET)))
        .hasStatus(503)
        .hasAttempts(1);
    orders.behave(failFirst(1, 503));
    assertThat(web.post(GET)).as("may have been executed").hasStatus(503);
    orders.behave(failFirst(1, 503));
    assertThat(with(RequestOptions.DEFAULT.withIdempotent(true), () -> web.post(GET)))
        .isOk()
        .hasAttempts(2);
    orders.behave(hang());
    Answer late =
        with(RequestOptions.DEFAULT.withTimeout(Duration.ofMillis(100)), () -> web.get(GET));
    assertThat(late).timedOut();
  }

  /** RS-20, RS-21: who does not say so is told at once that nobody is there. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.ASYNC)
  void waitForReady_waitsUntilSomebodyIsThere(World world) throws Exception {
    world.config(versions("orders"));
    Caller web = world.client("web");
    Pending patient =
        with(RequestOptions.DEFAULT.withWaitForReady(true), () -> web.start(Request.get(GET)));
    assertThat(web.get(GET)).failedWith(Reason.NO_HEALTHY_ENDPOINT);
    Instance orders = world.serve("orders", ok());
    assertThat(patient.await()).isOk();
    assertThat(orders.requests()).hasSize(1);
  }

  /** RS-20: ten thousand calls may wait, and the next one is told at once. */
  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.ASYNC)
  void waitingCalls_areBounded(World world) throws Exception {
    world.config(versions("orders"));
    Caller web = world.client("web");
    RequestOptions waits = RequestOptions.DEFAULT.withWaitForReady(true);
    assertThat(web.get(GET)).failedWith(Reason.NO_HEALTHY_ENDPOINT);
    List<Pending> waiting =
        with(
            waits, () -> Stream.generate(() -> web.start(Request.get(GET))).limit(10_000).toList());
    world.until("no more may wait", () -> reason(web, waits) == Reason.OVERFLOW);
    waiting.forEach(Pending::cancel);
    world.until("there is room again", () -> reason(web, waits) != Reason.OVERFLOW);
  }

  private static @Nullable Reason reason(Caller web, RequestOptions options) {
    Request impatient = Request.get(GET).timeout(Duration.ofSeconds(1));
    try {
      return with(options, () -> web.call(impatient)).reason();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** RS-14: what an application can give again is sent again, whole. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void body_isSentAgainWithARetry(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "allowNonIdempotent: true\n" + RETRY));
    Instance orders = world.serve("orders", failFirst(2, 503));
    assertThat(world.client("web").post(GET)).isOk().hasAttempts(3);
    assertThat(orders.requests().stream().map(Seen::bytes).distinct())
        .singleElement()
        .satisfies(bytes -> assertThat(bytes).isPositive());
    assertThat(orders.requests()).hasSize(3);
  }

  /** RS-16: an attempt that exceeds its time stays in the race, and may win it. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void perTryTimeout_withHedging_givesNothingUp(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "orders",
            "perTryTimeout: 100ms\nhedge: {onPerTryTimeout: true}\n"
                + "retry: {attempts: 1, on: [gateway-error, deadline-exceeded]}"));
    AtomicInteger count = new AtomicInteger();
    CountDownLatch joined = new CountDownLatch(1);
    Behaviour slow = ok().after(joined);
    Behaviour firstIsSlow =
        (request, own) -> {
          if (count.incrementAndGet() == 1) {
            return slow.treat(request, own);
          }
          joined.countDown();
          return hang().treat(request, own);
        };
    world.serve("orders", firstIsSlow);
    world.serve("orders", firstIsSlow);
    assertThat(world.client("web").get(GET)).isOk().hasAttempts(2);
    assertThat(count).hasValue(2);
  }

  /** RS-18. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void retries_areCounted_byWhatBecameOfThem(World world) throws Exception {
    world.config(versions("orders"), policy("orders", RETRY));
    Instance orders = world.serve("orders", failFirst(2, 503));
    Metrics metrics = new Metrics();
    Caller web = world.client("web", config -> config.openTelemetry(metrics));
    assertThat(web.get(GET)).isOk();
    orders.behave(status(503));
    assertThat(web.get(GET)).hasStatus(503).hasAttempts(4);
    assertThat(web.post(GET)).hasStatus(503).hasAttempts(1);
    world.until(
        "all is counted",
        () -> counts(metrics).values().stream().mapToLong(Long::longValue).sum() >= 9);
    assertThat(counts(metrics))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("scheduled", 5L, "success", 1L, "limit", 1L, "failure", 1L, "withheld", 1L));
  }

  private static Map<String, Long> counts(Metrics metrics) {
    return metrics
        .points("inmesh.client.retries")
        .collect(
            Collectors.toMap(
                point ->
                    String.valueOf(point.getAttributes().get(AttributeKey.stringKey("result"))),
                LongPointData::getValue,
                Long::sum));
  }
}

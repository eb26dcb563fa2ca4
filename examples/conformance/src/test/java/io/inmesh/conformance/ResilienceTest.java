package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.call;
import static io.inmesh.conformance.world.Behaviour.failFirst;
import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.locality;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static io.inmesh.conformance.world.Yaml.virtualService;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** RS-01 … RS-05 … RS-08, RS-10, RS-12, RS-13, RS-15, RS-21. */
class ResilienceTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final Set<Transport> STREAMS =
      Set.of(Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI);

  private static final String RETRY =
      "retry: {attempts: %d, on: [gateway-error, unavailable], backoff: {base: 1ms}}";

  private static void configure(World world, String policy) throws Exception {
    world.config(versions("orders"), policy("orders", policy));
  }

  /**
   * Calls that have little time, of which one reaches its server at last: on a slow machine it may
   * be over before that.
   *
   * @return how many calls that took
   */
  private static int untilOneArrives(World world, Instance server, Callable<?> call)
      throws InterruptedException {
    AtomicInteger calls = new AtomicInteger();
    world.until(
        "a request arrives",
        () -> {
          calls.incrementAndGet();
          var unused = call.call();
          return !server.requests().isEmpty();
        });
    return calls.get();
  }

  @OverEveryTransport
  void timeout_ofTheRoute_endsTheCall(World world) throws Exception {
    configure(world, "timeout: 150ms");
    Instance orders = world.serve("orders", hang());
    Caller web = world.client("web");
    int calls = untilOneArrives(world, orders, () -> assertThat(web.get(GET)).timedOut());
    // It begins with the end of a request: of a stream that is not known when it is sent.
    long told = STREAMS.contains(world.transport()) ? Long.MAX_VALUE : 150;
    assertThat(orders.requests())
        .hasSizeLessThanOrEqualTo(calls)
        .allMatch(request -> request.remainingMillis() <= told);
  }

  @OverEveryTransport
  void maxStreamDuration_endsTheCall_andIsTold(World world) throws Exception {
    configure(world, "maxStreamDuration: 150ms");
    Instance orders = world.serve("orders", hang());
    Caller web = world.client("web");
    int calls = untilOneArrives(world, orders, () -> assertThat(web.get(GET)).timedOut());
    assertThat(orders.requests())
        .hasSizeLessThanOrEqualTo(calls)
        .allMatch(request -> request.remainingMillis() <= 150);
  }

  @OverEveryTransport
  void grpcTimeout_isBounded_andCutByTheOffset(World world) throws Exception {
    configure(
        world, "maxStreamDuration: 1h\ngrpcTimeoutHeaderMax: 60s\ngrpcTimeoutHeaderOffset: 1s");
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.call(Request.get(GET).timeout(Duration.ofMinutes(30)))).isOk();
    long left = orders.lastRequest().remainingMillis();
    if (world.transport().grpc()) {
      assertThat(left).isBetween(1L, 59_000L);
    } else {
      assertThat(left).isBetween(60_000L, 3_600_000L);
    }
  }

  @OverEveryTransport(also = Transport.SPRING)
  void timeout_ofTheCaller_endsTheCall(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk(); // else there might be no configuration in time
    orders.behave(hang());
    assertThat(web.call(Request.get(GET).timeout(Duration.ofMillis(150)))).timedOut();
  }

  @OverEveryTransport(styles = Style.BLOCKING)
  void idleTimeout_endsACallOnWhichNothingMoves(World world) throws Exception {
    configure(world, "idleTimeout: 150ms");
    Instance orders = world.serve("orders", hang());
    Caller web = world.client("web");
    int calls =
        untilOneArrives(
            world, orders, () -> assertThat(web.get(GET)).failedWith(Reason.IDLE_TIMEOUT));
    assertThat(orders.requests()).hasSizeLessThanOrEqualTo(calls);
  }

  @OverEveryTransport(
      styles = Style.BLOCKING,
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void perTryIdle_triesAnotherHost(World world) throws Exception {
    configure(
        world,
        "retry: {attempts: 4, perTryIdle: 150ms,"
            + " on: [gateway-error, deadline-exceeded, unavailable]}");
    world.serve("orders", hang());
    Instance quick = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 4; i++) {
      Answer answer = web.get(GET);
      assertThat(answer).isOk();
      assertThat(answer.host()).isEqualTo(quick.host());
    }
  }

  /** RS-15: servers see which attempt a request is, and believe it of those whom they know. */
  @OverEveryTransport(
      styles = Style.BLOCKING,
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void retry_tellsServersTheAttempt(World world) throws Exception {
    configure(world, RETRY.formatted(3));
    Instance orders = world.serve("orders", failFirst(2, 503));
    assertThat(world.client("web").get(GET)).isOk();
    assertThat(orders.requests())
        .extracting(seen -> seen.header("x-envoy-attempt-count"))
        .containsExactly("1", "2", "3");
    if (world.transport().grpc()) {
      assertThat(orders.requests())
          .extracting(seen -> seen.header("grpc-previous-rpc-attempts"))
          .containsExactly(null, "1", "2");
    }
  }

  /** RS-10: a server that asks for more time than the call has is not asked again. */
  @OverEveryTransport(
      styles = Style.BLOCKING,
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retryAfter_isObeyed_whereThePolicySaysSo(World world) throws Exception {
    configure(world, RETRY.formatted(1).replace("}}", "}, retryAfter: {}}"));
    Instance orders = world.serve("orders", status(503).with("retry-after", "30"));
    Caller web = world.client("web");
    Request get = Request.get(GET).timeout(Duration.ofSeconds(2));
    int calls = untilOneArrives(world, orders, () -> assertThat(web.call(get).ok()).isFalse());
    assertThat(orders.requests()).hasSizeLessThanOrEqualTo(calls);
    configure(world, RETRY.formatted(1));
    orders.behave(failFirst(1, 503).with("retry-after", "30"));
    assertThat(web.get(GET)).isOk().hasAttempts(2);
  }

  /** RS-13: after every second attempt, the localities of those before are left out. */
  @OverEveryTransport(
      styles = Style.BLOCKING,
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retryRemoteLocalities_leavesTheLocalityThatFails(World world) throws Exception {
    String rule =
        """
        - retries:
            {attempts: 2, retryOn: 'gateway-error,unavailable', retryRemoteLocalities: %s}
          route: [{destination: {host: orders}}]
        """;
    String nearFirst = "outlierDetection: {consecutive5xxErrors: 1000}";
    world.config(
        versions("orders"),
        destination("orders", nearFirst),
        virtualService("orders", rule.formatted(true)));
    Instance near = world.serve("orders", status(503), locality("eu/a/1"));
    Instance far = world.serve("orders", ok(), locality("us/c/1"));
    Caller web = world.client("web", locality("eu/a/1"));
    near.health(Health.UNHEALTHY);
    web.meet(GET, far);
    near.health(Health.HEALTHY);
    int before = far.requests().size();
    assertThat(web.get(GET)).isOk().hasAttempts(3);
    assertThat(near.requests()).hasSize(2);
    assertThat(far.requests()).hasSize(before + 1);
    world.config(
        versions("orders"),
        destination("orders", nearFirst),
        virtualService("orders", rule.formatted(false)));
    assertThat(web.get(GET)).hasStatus(503);
    assertThat(far.requests()).hasSize(before + 1);
  }

  /** A stream that has begun is not begun again. */
  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void perTryTimeout_triesAnotherHost(World world) throws Exception {
    configure(
        world,
        "perTryTimeout: 150ms\n"
            + "retry: {attempts: 4, on: [gateway-error, deadline-exceeded, unavailable]}");
    world.serve("orders", hang());
    Instance quick = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 4; i++) {
      Answer answer = web.get(GET);
      assertThat(answer).isOk();
      assertThat(answer.host()).isEqualTo(quick.host());
    }
  }

  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retry_repeatsUntilItSucceeds(World world) throws Exception {
    configure(world, RETRY.formatted(3));
    Instance orders = world.serve("orders", failFirst(2, 503));
    assertThat(world.client("web").get(GET)).isOk().hasAttempts(3);
    assertThat(orders.requests()).hasSize(3);
  }

  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retry_isBoundedByItsNumber(World world) throws Exception {
    configure(world, RETRY.formatted(2));
    Instance orders = world.serve("orders", status(503));
    assertThat(world.client("web").get(GET)).hasStatus(503).hasAttempts(3);
    assertThat(orders.requests()).hasSize(3);
  }

  @OverEveryTransport
  void retry_onOtherConditions_doesNotHappen(World world) throws Exception {
    configure(world, RETRY.formatted(2));
    Instance orders = world.serve("orders", status(400));
    assertThat(world.client("web").get(GET)).hasStatus(400).hasAttempts(1);
    assertThat(orders.requests()).hasSize(1);
  }

  @OverEveryTransport
  void retry_ofWhatIsNotIdempotent_needsPermission(World world) throws Exception {
    configure(world, RETRY.formatted(2));
    Instance orders = world.serve("orders", status(503));
    assertThat(world.client("web").post("orders/shop.Orders/Put")).hasStatus(503).hasAttempts(1);
    assertThat(orders.requests()).hasSize(1);
  }

  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retry_ofWhatIsNotIdempotent_withPermission_happens(World world) throws Exception {
    configure(world, "allowNonIdempotent: true\n" + RETRY.formatted(2));
    world.serve("orders", failFirst(1, 503));
    assertThat(world.client("web").post("orders/shop.Orders/Put")).isOk().hasAttempts(2);
  }

  @OverEveryTransport(
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI},
      also = Transport.SPRING)
  void retry_goesToAnotherHost(World world) throws Exception {
    configure(world, RETRY.formatted(1));
    world.serve("orders", status(503));
    world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 10; i++) {
      Answer answer = web.get(GET);
      assertThat(answer).isOk();
      assertThat(answer.attempts()).extracting(AttemptRecord::endpoint).doesNotHaveDuplicates();
    }
  }

  @OverEveryTransport(also = Transport.SPRING)
  void refusedConnection_isTriedElsewhere_withoutAPolicy(World world) throws Exception {
    world.serve("orders", ok()).kill();
    Instance alive = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 10; i++) {
      Answer answer = web.post("orders/shop.Orders/Put");
      assertThat(answer).isOk();
      assertThat(answer.host()).isEqualTo(alive.host());
    }
    assertThat(alive.requests()).hasSize(10);
  }

  @OverEveryTransport
  void refusedConnection_ofTheOnlyHost_failsFast(World world) throws Exception {
    Instance dead = world.serve("orders", ok());
    dead.kill();
    Answer answer = world.client("web").get(GET);
    assertThat(answer).failedWith(Reason.RETRIES_EXHAUSTED);
    assertThat(answer.attempts())
        .isNotEmpty()
        .allSatisfy(
            attempt -> {
              if (!world.transport().grpc()) { // which chooses among hosts that it is connected to
                assertThat(attempt.endpoint()).isEqualTo("127.0.0.1:" + dead.port());
              }
              assertThat(attempt.outcome()).startsWith("no connection");
              assertThat(attempt.reason()).isEqualTo(Reason.CONNECTION_FAILURE);
            });
  }

  /** UX-22: where each attempt went, how it ended and how long it took. */
  @OverEveryTransport(
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI},
      styles = Style.BLOCKING)
  void failure_saysWhatWasTried(World world) throws Exception {
    configure(
        world,
        "perTryTimeout: 150ms\n"
            + "retry: {attempts: 1, on: [gateway-error, deadline-exceeded], backoff: {base: 1ms}}");
    Instance one = world.serve("orders", ok());
    Instance two = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("it knows both", () -> web.reaches(GET, one, two));
    one.behave(hang());
    two.behave(hang());
    Answer answer = web.get(GET);
    assertThat(answer).failedWith(Reason.RETRIES_EXHAUSTED);
    assertThat(answer.attempts())
        .extracting(AttemptRecord::number, AttemptRecord::outcome, AttemptRecord::reason)
        .containsExactly(
            tuple(1, "timed out", Reason.TIMEOUT), tuple(2, "timed out", Reason.TIMEOUT));
    assertThat(answer.attempts())
        .extracting(AttemptRecord::endpoint)
        .containsExactlyInAnyOrder("127.0.0.1:" + one.port(), "127.0.0.1:" + two.port());
    assertThat(answer.attempts())
        .allSatisfy(
            attempt -> assertThat(attempt.durationNanos()).isGreaterThanOrEqualTo(100_000_000L));
  }

  @OverEveryTransport(also = Transport.SPRING)
  void noInstance_failsFast(World world) throws Exception {
    world.config(versions("orders"));
    assertThat(world.client("web").get(GET)).failedWith(Reason.NO_HEALTHY_ENDPOINT);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void deadline_travelsOverTwoHops(World world) throws Exception {
    configure(world, "maxStreamDuration: 60s");
    Instance inventory = world.serve("inventory", ok());
    Instance orders = world.serve("orders", call("inventory/shop.Inventory/Get"));
    assertThat(world.client("web").get(GET)).isOk();
    long first = orders.lastRequest().remainingMillis();
    long second = inventory.lastRequest().remainingMillis();
    assertThat(first).isBetween(1L, 60_000L);
    assertThat(second).isBetween(1L, first);
  }

  @OverEveryTransport
  void deadline_passedAtTheFirstHop_endsTheSecond(World world) throws Exception {
    configure(world, "maxStreamDuration: 250ms");
    Instance inventory = world.serve("inventory", hang());
    world.serve("orders", call("inventory/shop.Inventory/Get"));
    Caller web = world.client("web");
    int calls = untilOneArrives(world, inventory, () -> assertThat(web.get(GET).ok()).isFalse());
    assertThat(inventory.requests())
        .hasSizeLessThanOrEqualTo(calls)
        .allMatch(request -> request.remainingMillis() <= 250);
  }

  @OverEveryTransport(
      except = {
        Transport.GRPC_CLIENT_STREAM,
        Transport.GRPC_BIDI
      }) // not retried once something was sent
  void retryConstraint_isForAllRetriesToAService(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "retry: {attempts: 1, codes: [503], on: [unavailable]}"),
        """
        apiVersion: gateway.networking.x-k8s.io/v1alpha1
        kind: XBackendTrafficPolicy
        metadata: {name: orders}
        spec:
          targetRefs: [{group: "", kind: Service, name: orders}]
          retryConstraint:
            budget: {percent: 0, interval: 1h}
            minRetryRate: {count: 2, interval: 1h}
        """);
    Instance orders = world.serve("orders", status(503));
    Caller web = world.client("web");
    for (int i = 0; i < 6; i++) {
      assertThat(web.get(GET)).hasStatus(503);
    }
    assertThat(orders.requests()).hasSize(6 + 2);
  }
}

package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.ResponseClass;
import io.inmesh.testing.FakeHeaders;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls report about endpoints, and what becomes of it. */
class EndpointHealthTest {
  private static final OutlierPolicy OUTLIERS = Outliers.defaults().maxEjectionPercent(50).build();
  private static final FailureAccrual ACCRUAL =
      new FailureAccrual(3, Duration.ofSeconds(1), Duration.ofSeconds(60), 0, null, false);
  private static final FailureAccrual UNIFIED =
      new FailureAccrual(
          100,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          0,
          new FailureAccrual.SuccessRate(0.8, Duration.ofSeconds(10), 5),
          true);

  private final FakeMesh mesh = new FakeMesh();

  private void update(
      int endpoints,
      Algorithm algorithm,
      @Nullable OutlierPolicy outliers,
      @Nullable FailureAccrual accrual,
      HashPolicy... hash) {
    update(endpoints, algorithm, outliers, accrual, TestRoute.any().hash(hash));
  }

  private void update(
      int endpoints,
      Algorithm algorithm,
      @Nullable OutlierPolicy outliers,
      @Nullable FailureAccrual accrual,
      TestRoute route) {
    String name = Snapshots.clusterName("orders", 80);
    Cluster plain =
        Snapshots.cluster(
            name,
            "orders",
            Snapshots.local(
                IntStream.rangeClosed(1, endpoints)
                    .mapToObj(port -> Snapshots.endpoint("10.0.0.1", port))
                    .toArray(Endpoint[]::new)));
    mesh.update(
        Snapshots.builder()
            .routes("orders", 80, route.to(name))
            .cluster(
                new Cluster(
                    plain.name(),
                    plain.service(),
                    plain.localities(),
                    plain.overprovisioning(),
                    plain.drops(),
                    new BalancerPolicy(algorithm, false, 0, null),
                    plain.connectTimeout(),
                    plain.protocol(),
                    plain.breakers(),
                    outliers,
                    null,
                    accrual,
                    null,
                    ConnectionPolicy.DEFAULT)));
  }

  private FakeTransport call(RequestHead head, Consumer<Attempt> script) {
    FakeTransport transport = mesh.transport().script(script);
    mesh.start(head, transport);
    return transport;
  }

  private FakeTransport get(Consumer<Attempt> script) {
    return call(FakeRequest.get("orders", "/"), script);
  }

  private static Consumer<Attempt> onPort(
      int port, Consumer<Attempt> script, Consumer<Attempt> others) {
    return attempt ->
        (attempt.endpoint().address().getPort() == port ? script : others).accept(attempt);
  }

  private static Consumer<Attempt> grpc(int status) {
    return attempt -> {
      attempt.sent();
      attempt.requestEnd();
      attempt.head(FakeResponse.http(200));
      attempt.end(status, FakeHeaders.of());
    };
  }

  private Set<Integer> used(Consumer<Attempt> script) {
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      get(script).ports().forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    return ports.keySet();
  }

  // ---- outlier detection ----

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504})
  void failingEndpoint_isEjected_andBackAfterItsTime(int status) {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, answer(status), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
    mesh.clock().advanceMillis(30_000);
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  /** RT-20: 503 and UNAVAILABLE are said to be successes, 404 and NOT_FOUND failures. */
  @ParameterizedTest
  @CsvSource({"404, true", "503, false", "500, true", "401, false"})
  void response_isReadAsAnOperatorSays(int status, boolean out) {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, answer(status), answer(200)));
    assertThat(used(answer(200)).contains(2)).as("usually").isEqualTo(status < 500);
    said(4, OUTLIERS, null);
    mesh.clock().advanceMillis(300_000);
    used(onPort(2, answer(status), answer(200)));
    assertThat(used(answer(200)).contains(2)).isEqualTo(!out);
  }

  @ParameterizedTest
  @CsvSource({"5, true", "14, false", "13, true", "7, false"})
  void grpcResponse_isReadAsAnOperatorSays(int status, boolean out) {
    said(4, OUTLIERS, null);
    for (int i = 0; i < 60; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(status), grpc(0)));
    }
    assertThat(used(answer(200)).contains(2)).isEqualTo(!out);
  }

  @Test
  void failureAccrual_countsWhatAnOperatorCallsAFailure() {
    said(4, null, ACCRUAL);
    used(onPort(2, answer(404), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
    used(onPort(3, answer(503), answer(200)));
    assertThat(used(answer(200))).contains(3);
  }

  /** What the host asks for does not depend on what an operator calls its answer. */
  @ParameterizedTest
  @CsvSource({"429, '', 1", "429, 3, 3"})
  void failureAccrual_ofWhatAnOperatorCallsAFailure_lastsAsLongAsAsked(
      int status, String asked, int seconds) {
    ResponseClass limited = new ResponseClass(429, 429, Set.of(8), true);
    update(
        2,
        new Algorithm.RoundRobin(),
        null,
        UNIFIED,
        TestRoute.any().policy(new CallPolicy(null, false, List.of(limited))));
    used(onPort(2, answer(status, "retry-after", asked), answer(200)));
    mesh.clock().advanceMillis(seconds * 1_000L - 1);
    assertThat(used(answer(200))).containsExactly(1);
    mesh.clock().advanceMillis(1);
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  private void said(
      int endpoints, @Nullable OutlierPolicy outliers, @Nullable FailureAccrual accrual) {
    update(
        endpoints,
        new Algorithm.RoundRobin(),
        outliers,
        accrual,
        TestRoute.any()
            .policy(
                new CallPolicy(
                    null,
                    false,
                    List.of(
                        new ResponseClass(404, 404, Set.of(5), true),
                        new ResponseClass(503, 503, Set.of(14), false)))));
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"RESET", "CONNECTION_LOST", "PROTOCOL"})
  void failuresOfTheConnection_count(Failure failure) {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, fail(failure), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
  }

  @Test
  void streamThatHasHadItsTime_isNotTheEndpointsFault() {
    update(
        4,
        new Algorithm.RoundRobin(),
        OUTLIERS,
        null,
        TestRoute.any().maxStreamDuration(Duration.ofSeconds(1)));
    for (int i = 0; i < 40; i++) {
      FakeTransport ended =
          call(
              FakeRequest.grpc("orders", "/s/Watch"),
              attempt -> {
                attempt.sent();
                attempt.head(FakeResponse.http(200));
                mesh.clock().advanceMillis(1_000);
              });
      assertThat(FakeMesh.failure(ended).reason()).isEqualTo(Reason.TIMEOUT);
    }
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  /** Although nobody gives it up: others join it. */
  @Test
  void endpointThatExceedsTheTimeOfAnAttempt_isEjected_alsoWhereItIsHedged() {
    update(
        4,
        new Algorithm.RoundRobin(),
        OUTLIERS,
        null,
        TestRoute.any()
            .retry(TestRoute.retryPolicy(2, Duration.ofMillis(100), "5xx"))
            .policy(new CallPolicy(HedgePolicy.ON_PER_TRY_TIMEOUT, false, List.of())));
    for (int i = 0; i < 40; i++) {
      get(onPort(2, Attempt::sent, answer(200)));
      mesh.clock().advanceMillis(1_000);
    }
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
  }

  @Test
  void answerThatBreaksOff_isNoSuccess() {
    update(2, new Algorithm.RoundRobin(), null, UNIFIED);
    used(
        onPort(
            2,
            attempt -> {
              attempt.sent();
              attempt.head(FakeResponse.http(200));
              attempt.failed(Failure.RESET, null);
            },
            answer(200)));
    assertThat(used(answer(200))).containsExactly(1);
  }

  @Test
  void ownLimits_areNotTheEndpointsFault() {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, fail(Failure.OVERFLOW), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  @ParameterizedTest
  @CsvSource({
    "2, true",
    "13, true",
    "14, true",
    "15, true",
    "4, true",
    "12, true",
    "0, false",
    "1, false",
    "3, false",
    "5, false",
    "7, false",
    "8, false",
    "16, false"
  })
  void grpcStatus_countsAsTheHttpStatusItStandsFor(int status, boolean out) {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    for (int i = 0; i < 60; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(status), grpc(0)));
    }
    assertThat(used(answer(200)).contains(2)).isEqualTo(!out);
  }

  @Test
  void trailersOnly_countsOnce() {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    Consumer<Attempt> unavailable =
        attempt -> {
          attempt.sent();
          attempt.requestEnd();
          attempt.head(FakeResponse.trailersOnly(14));
          attempt.end(14, null);
        };
    // Four failures each: one fewer than it takes.
    for (int i = 0; i < 16; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), unavailable);
    }
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  @Test
  void cancelledCall_saysNothing() {
    update(2, new Algorithm.RoundRobin(), OUTLIERS, null);
    for (int i = 0; i < 40; i++) {
      FakeTransport transport = mesh.transport();
      mesh.start(FakeRequest.get("orders", "/"), transport);
      transport.attempt().call().cancel();
    }
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  @Test
  void newConfiguration_doesNotForgive() {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, answer(500), answer(200)));
    update(3, new Algorithm.RoundRobin(), OUTLIERS, null);
    assertThat(used(answer(200))).containsExactly(1, 3);
  }

  @Test
  void clusterGone_leavesNoTimer() {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    mesh.update(Snapshots.builder());
    mesh.assertQuiet();
  }

  // ---- failure accrual ----

  @Test
  void accrual_everybodyFails_callsFailAtOnce_untilOneRequestSucceeds() {
    update(2, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    FakeTransport refused = get(answer(200));
    assertThat(refused.ports()).isEmpty();
    assertThat(FakeMesh.failure(refused).reason()).isEqualTo(Reason.NO_HEALTHY_ENDPOINT);
    mesh.clock().advanceMillis(1_000);
    FakeTransport probing = get(attempt -> {});
    FakeTransport other = get(attempt -> {});
    assertThat(probing.ports()).hasSize(1);
    assertThat(other.ports()).doesNotContainAnyElementsOf(probing.ports());
    assertThat(get(attempt -> {}).ports()).isEmpty();
    answerTo(probing, 200);
    answerTo(other, 503);
    assertThat(used(answer(200))).containsExactlyElementsOf(probing.ports());
    mesh.clock().advanceMillis(2_000);
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  /** It has the one place there is, and gives it back. */
  @ParameterizedTest
  @EnumSource(names = {"OVERFLOW", "CLOSED"})
  void accrual_requestThatDidNotLeave_doesNotDecide(Failure failure) {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    assertThat(get(fail(failure)).ports()).hasSize(1);
    assertThat(get(answer(200)).ports()).hasSize(1);
  }

  @Test
  void accrual_requestThatCannotBeSecured_doesNotDecide() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    SpiffeId somebody = SpiffeId.parse("spiffe://m/ns/n/sa/somebody");
    FakeTransport refused = mesh.transport();
    mesh.start(
        FakeRequest.get("orders", "/"),
        new CallOptions(0, true, RequestOptions.DEFAULT.withRequiredPeer(somebody)),
        refused);
    assertThat(FakeMesh.failure(refused).reason()).isEqualTo(Reason.TLS_FAILURE);
    assertThat(get(answer(200)).ports()).hasSize(1);
  }

  @Test
  void accrual_clusterGone_leavesNoTimer() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.update(Snapshots.builder());
    mesh.assertQuiet();
  }

  /** That it does not answer any more is no news: it was asked before the penalty. */
  @Test
  void accrual_requestFromBeforeThePenalty_doesNotDecide() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    FakeTransport early = get(attempt -> {});
    FakeTransport cancelled = mesh.transport();
    var call = mesh.start(FakeRequest.get("orders", "/"), cancelled);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    FakeTransport probing = get(attempt -> {});
    early.attempt().failed(Failure.RESET, null);
    call.cancel();
    assertThat(get(answer(200)).ports()).as("another is on probation").isEmpty();
    answerTo(probing, 200);
    assertThat(used(answer(200))).containsExactly(1);
  }

  @ParameterizedTest
  @CsvSource({"429, '', 1", "429, 3, 3", "503, 3, 3", "500, 3, 1"})
  void accrual_tooFewSuccesses_shutFor_asLongAsAsked(int status, String asked, int seconds) {
    update(2, new Algorithm.RoundRobin(), null, UNIFIED);
    used(onPort(2, answer(status, "retry-after", asked), answer(200)));
    assertThat(used(answer(200))).containsExactly(1);
    mesh.clock().advanceMillis(seconds * 1_000L - 1);
    assertThat(used(answer(200))).containsExactly(1);
    mesh.clock().advanceMillis(1);
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource({"8, true", "14, true", "5, false"})
  void accrual_grpcStatuses_countAgainstTheRate(int status, boolean out) {
    update(2, new Algorithm.RoundRobin(), null, UNIFIED);
    for (int i = 0; i < 20; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(status), grpc(0)));
    }
    assertThat(used(answer(200)).contains(2)).isEqualTo(!out);
  }

  // ---- degraded ----

  @Test
  void degradedAnswer_othersFirst_untilTheTimeIsOver() {
    update(4, new Algorithm.RoundRobin(), Outliers.defaults().detectDegraded(true).build(), null);
    used(onPort(2, answer(200, "x-envoy-degraded", ""), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
    mesh.clock().advanceMillis(29_999);
    assertThat(used(answer(200))).containsExactly(1, 3, 4);
    mesh.clock().advanceMillis(1);
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  @Test
  void degradedAnswers_ofAll_nobodyIsSpared() {
    update(2, new Algorithm.RoundRobin(), Outliers.defaults().detectDegraded(true).build(), null);
    assertThat(used(answer(200, "x-envoy-degraded", "true"))).containsExactly(1, 2);
    assertThat(used(answer(200))).containsExactly(1, 2);
    // Nobody asks for it any more.
    update(2, new Algorithm.RoundRobin(), OUTLIERS, null);
    assertThat(used(answer(200, "x-envoy-degraded", "true"))).containsExactly(1, 2);
  }

  @Test
  void degradedAnswer_notAskedFor_isNoNews() {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    used(onPort(2, answer(200, "x-envoy-degraded", ""), answer(200)));
    assertThat(used(answer(200))).containsExactly(1, 2, 3, 4);
  }

  private static void answerTo(FakeTransport transport, int status) {
    transport.attempt().head(FakeResponse.http(status));
    transport.attempt().end(ResponseHead.NO_GRPC_STATUS, null);
  }

  @Test
  void accrual_permissionDenied_counts_asInLinkerd() {
    update(2, new Algorithm.RoundRobin(), null, ACCRUAL);
    for (int i = 0; i < 20; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(7), grpc(0)));
    }
    assertThat(used(answer(200))).containsExactly(1);
  }

  // ---- latency ----

  private static final Algorithm EWMA =
      new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null);
  private static final Algorithm PENALISING =
      new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), Duration.ofSeconds(5));

  private Consumer<Attempt> after(long millis, int status, String... headers) {
    return attempt -> {
      mesh.clock().advanceMillis(millis);
      answer(status, headers).accept(attempt);
    };
  }

  @Test
  void peakEwma_slowEndpoint_getsLittle() {
    update(2, EWMA, null, null);
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      get(onPort(2, after(200, 200), after(5, 200)))
          .ports()
          .forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    assertThat(ports.getOrDefault(2, 0)).isLessThan(5);
  }

  @Test
  void peakEwma_fastFailures_attractTraffic_unlessPenalised() {
    for (boolean penalise : List.of(false, true)) {
      update(2, penalise ? PENALISING : EWMA, null, null);
      Map<Integer, Integer> ports = new TreeMap<>();
      for (int i = 0; i < 500; i++) {
        get(onPort(2, after(1, 429), after(20, 200)))
            .ports()
            .forEach(port -> ports.merge(port, 1, Integer::sum));
      }
      int failing = ports.getOrDefault(2, 0);
      if (penalise) {
        assertThat(failing).isLessThan(10);
      } else {
        assertThat(failing).isGreaterThan(450);
      }
    }
  }

  /** How long a stream lasts, and how it ends, is not how long its host takes to answer. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void peakEwma_longStream_isNoSlowEndpoint(boolean ends) {
    update(2, EWMA, null, null);
    for (int i = 0; i < 20; i++) {
      call(
          FakeRequest.grpc("orders", "/s/M"),
          attempt -> {
            attempt.sent();
            mesh.clock().advanceMillis(40);
            attempt.head(FakeResponse.http(200));
            attempt.progress();
            boolean longOne = attempt.endpoint().address().getPort() == 2;
            mesh.clock().advanceMillis(longOne ? 600_000 : 0);
            if (ends) {
              attempt.end(0, FakeHeaders.of());
            } else {
              attempt.failed(Failure.RESET, null);
            }
          });
    }
    assertThat(used(after(40, 200))).containsExactly(1, 2);
  }

  /** Some servers send the head before they do anything. */
  @Test
  void peakEwma_earlyHead_isNoAnswer() {
    update(2, EWMA, null, null);
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      call(
              FakeRequest.grpc("orders", "/s/M"),
              attempt -> {
                attempt.sent();
                attempt.head(FakeResponse.http(200));
                mesh.clock().advanceMillis(attempt.endpoint().address().getPort() == 2 ? 200 : 5);
                attempt.end(0, FakeHeaders.of());
              })
          .ports()
          .forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    assertThat(ports.getOrDefault(2, 0)).isLessThan(5);
  }

  // ---- hashing ----

  @Test
  void hashPolicy_sameKey_sameEndpoint() {
    update(
        10,
        new Algorithm.RingHash(1024, 8 << 20),
        null,
        null,
        new HashPolicy.Header("x-user", null, null, false));
    Map<String, Integer> byUser = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      String user = "user-" + i % 30;
      int port = call(FakeRequest.get("orders", "/", "x-user", user), answer(200)).ports().get(0);
      assertThat(port).isEqualTo(byUser.computeIfAbsent(user, first -> port));
    }
    assertThat(Set.copyOf(byUser.values())).hasSizeGreaterThan(5);
  }

  @Test
  void hashCookie_isSetOnce_andThenSticks() {
    update(
        10,
        new Algorithm.Maglev(65_537),
        null,
        null,
        new HashPolicy.Cookie("s", Duration.ofMinutes(5), "/", false));
    FakeResponse response = FakeResponse.http(200);
    FakeTransport first =
        get(
            attempt -> {
              attempt.sent();
              attempt.head(response);
              attempt.end(ResponseHead.NO_GRPC_STATUS, null);
            });
    String cookie = Objects.requireNonNull(response.headers().get("set-cookie"));
    assertThat(cookie).startsWith("s=\"");
    String pair = cookie.substring(0, cookie.indexOf(';'));
    for (int i = 0; i < 20; i++) {
      assertThat(call(FakeRequest.get("orders", "/", "cookie", pair), answer(200)).ports())
          .isEqualTo(first.ports());
    }
  }

  // ---- connections that are being made ----

  private static Usable connecting(int... ports) {
    return new Usable() {
      @Override
      public boolean usable(Endpoint endpoint) {
        return !pending(endpoint);
      }

      @Override
      public boolean pending(Endpoint endpoint) {
        return IntStream.of(ports).anyMatch(port -> port == endpoint.address().getPort());
      }
    };
  }

  @Test
  void hashedRequest_waitsForItsEndpoint_ratherThanTakeAnother() {
    update(
        4,
        new Algorithm.Maglev(251),
        null,
        null,
        new HashPolicy.Header("x-user", null, null, false));
    FakeRequest request = FakeRequest.get("orders", "/", "x-user", "ann");
    int port = call(request, answer(200)).ports().get(0);
    FakeTransport waiting = mesh.transport().usable(connecting(port));
    mesh.start(request, waiting);
    assertThat(waiting.lastPick()).isEqualTo(Attempt.Pick.NONE);
  }

  @Test
  void betterPriority_isWaitedFor() {
    String name = Snapshots.clusterName("orders", 80);
    LocalityEndpoints near =
        new LocalityEndpoints(Locality.UNKNOWN, 0, 1, List.of(Snapshots.endpoint("10.0.0.1", 1)));
    LocalityEndpoints far =
        new LocalityEndpoints(
            new Locality("far", "", ""), 1, 1, List.of(Snapshots.endpoint("10.0.0.1", 2)));
    mesh.update(
        Snapshots.builder()
            .routes("orders", 80, TestRoute.any().to(name))
            .cluster(Snapshots.cluster(name, "orders", List.of(near, far))));
    FakeTransport waiting = mesh.transport().usable(connecting(1));
    mesh.start(FakeRequest.get("orders", "/"), waiting);
    assertThat(waiting.lastPick()).isEqualTo(Attempt.Pick.NONE);
    FakeTransport failing = mesh.transport().usable(endpoint -> endpoint.address().getPort() == 2);
    failing.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), failing);
    assertThat(failing.ports()).as("where it cannot be reached, the other is").containsExactly(2);
  }

  @Test
  void connectedEndpoint_goesBeforeOneOfTheSamePriority_thatConnects() {
    update(3, new Algorithm.RoundRobin(), null, null);
    for (int i = 0; i < 6; i++) {
      FakeTransport transport = mesh.transport().usable(connecting(1, 2)).script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), transport);
      assertThat(transport.ports()).containsExactly(3);
    }
  }
}

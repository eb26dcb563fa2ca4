package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.OutboundCall;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.ResponseClass;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls report about endpoints, and what outlier detection makes of it. */
class EndpointHealthTest extends EndpointCalls {
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

  /** An application that gives up says nothing about a host; one whose time is over does. */
  @ParameterizedTest
  @CsvSource({"true, true, true", "true, false, false", "false, true, false"})
  void applicationThatWaitsInVain_blamesTheEndpoint(
      boolean timeout, boolean requestSent, boolean late) {
    update(4, new Algorithm.RoundRobin(), OUTLIERS, null);
    for (int i = 0; i < 60; i++) {
      FakeTransport transport = mesh.transport().script(onPort(2, Attempt::sent, answer(200)));
      OutboundCall call =
          mesh.start(FakeRequest.http("POST", "orders", "/"), CallOptions.ONCE, transport);
      if (!transport.answered()) {
        if (requestSent) {
          transport.attempt().requestEnd();
        }
        if (timeout) {
          call.expire();
        } else {
          call.cancel();
        }
        assertThat(transport.abandoned()).hasSize(1);
      }
    }
    assertThat(used(answer(200)).contains(2)).isEqualTo(!late);
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
}

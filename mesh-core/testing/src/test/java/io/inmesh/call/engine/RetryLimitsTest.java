package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.FakeTransport.inTurn;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.MeshHeaders;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass;
import io.inmesh.model.RetryPolicy;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What bounds retries beyond their conditions: budgets, servers, keys, and what applications say.
 */
class RetryLimitsTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final Endpoint A = endpoint("127.0.0.1", 1);
  private static final Endpoint B = endpoint("127.0.0.1", 2);

  private final FakeMesh mesh = new FakeMesh();
  private final FakeTransport transport = mesh.transport();

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  private void orders(TestRoute route, Endpoint... endpoints) {
    mesh.update(Snapshots.builder().add("orders", endpoints).routes("orders", 80, route));
  }

  private static TestRoute retried() {
    return TestRoute.any().to(ORDERS).retry(2, "5xx", "unavailable");
  }

  @Test
  void budget_withoutConfiguration_isTwentyPercent() {
    orders(retried(), A, B);
    int attempts = 0;
    for (int i = 0; i < 2_000; i++) {
      FakeTransport one = mesh.transport().script(answer(503));
      mesh.start(FakeRequest.get("orders", "/"), one);
      mesh.clock().advanceNanos(500_000);
      attempts += one.attempts().size();
    }
    mesh.clock().advanceMillis(1_000);
    assertThat(attempts - 2_000).isLessThanOrEqualTo(400);
  }

  @Test
  void budget_doesNotBoundWhatWasNotExecuted() {
    orders(TestRoute.any().to(ORDERS), A, B);
    for (int i = 0; i < 500; i++) {
      FakeTransport one = mesh.transport().script(inTurn(fail(Failure.REFUSED), answer(200)));
      mesh.start(FakeRequest.get("orders", "/"), one);
      mesh.clock().advanceMillis(1);
      assertThat(one.delivered()).isNotNull();
    }
  }

  @Test
  void server_saysNo_noRetry() {
    orders(retried(), A, B);
    transport.script(answer(503, MeshHeaders.RETRY, "no"));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.attempts()).hasSize(1);
    assertThat(transport.delivered()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"100,2,100", "-1,1,0", "soon,1,0"})
  void pushback_ofGrpcServers_isObeyed(String pushback, int attempts, long millis) {
    orders(retried(), A, B);
    transport.script(
        attempt -> {
          attempt.sent();
          if (attempt.number() == 1) {
            attempt.head(FakeResponse.trailersOnly(14, "grpc-retry-pushback-ms", pushback));
            attempt.end(14, null);
          } else {
            answer(200).accept(attempt);
          }
        });
    RequestOptions idempotent = RequestOptions.DEFAULT.withIdempotent(true);
    mesh.start(
        FakeRequest.grpc("orders", "/s.S/M"), new CallOptions(0, true, idempotent), transport);
    if (millis > 0) {
      mesh.clock().advanceMillis(millis - 1);
      assertThat(transport.attempts()).hasSize(1);
      mesh.clock().advanceMillis(1);
    }
    assertThat(transport.attempts()).hasSize(attempts);
  }

  @ParameterizedTest
  @CsvSource({"2,2000,3000", "400,0,250"})
  void resetHeader_saysWhen_unlessItIsTooLong(String seconds, long from, long to) {
    RetryPolicy plain = TestRoute.retryPolicy(1, null, "5xx");
    orders(
        TestRoute.any()
            .to(ORDERS)
            .retry(
                new RetryPolicy(
                    plain.on(),
                    1,
                    null,
                    null,
                    plain.backOffBase(),
                    plain.backOffMax(),
                    Set.of(),
                    List.of(),
                    List.of(),
                    true,
                    Map.of(),
                    5,
                    0,
                    List.of(new RetryPolicy.ResetHeader("retry-after", false)),
                    Duration.ofMinutes(5),
                    false,
                    Duration.ZERO)),
        A,
        B);
    transport.script(inTurn(answer(503, "retry-after", seconds), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    if (from > 0) {
      mesh.clock().advanceMillis(from - 1);
      assertThat(transport.attempts()).hasSize(1);
    }
    mesh.clock().advanceMillis(to - Math.max(0, from - 1));
    assertThat(transport.attempts()).hasSize(2);
  }

  @Test
  void attempts_ofTheApplication_replaceThePolicys() {
    orders(retried(), A, B);
    transport.script(answer(503));
    RequestOptions four = RequestOptions.DEFAULT.withMaxAttempts(4);
    mesh.start(FakeRequest.get("orders", "/"), new CallOptions(0, true, four), transport);
    mesh.clock().advanceMillis(2_000);
    assertThat(transport.attempts()).hasSize(4);
  }

  @Test
  void options_ofTheContext_holdForCallsWithoutTheirOwn() {
    orders(retried(), A, B);
    transport.script(answer(503));
    try (Scope scope = RequestOptions.DEFAULT.withMaxAttempts(1).makeCurrent()) {
      assertThat(scope).isNotNull();
      mesh.start(FakeRequest.get("orders", "/"), transport);
    }
    mesh.clock().advanceMillis(2_000);
    assertThat(transport.attempts()).hasSize(1);
  }

  // ---- idempotency keys ----

  private static final RequestOptions KEYED = RequestOptions.DEFAULT.withIdempotencyKey("k-1");

  private static TestRoute keyed() {
    return TestRoute.any()
        .to(ORDERS)
        .retry(3, "reset", "5xx")
        .policy(new CallPolicy(null, true, List.of()));
  }

  @Test
  void keyedPost_afterAReset_isSentAgain_toTheSameServerOnly() {
    orders(keyed(), A, B);
    transport.script(fail(Failure.CONNECTION_LOST));
    FakeRequest post = FakeRequest.http("POST", "orders", "/");
    mesh.start(post, new CallOptions(0, true, KEYED), transport);
    mesh.clock().advanceMillis(5_000);
    assertThat(transport.attempts()).hasSize(4);
    assertThat(Set.copyOf(transport.ports())).hasSize(1);
    assertThat(post.headers().get("idempotency-key")).isEqualTo("k-1");
  }

  @Test
  void keyedPost_repetition_saysWhenItWasFirstSent_onTheClockOfTheServer() {
    orders(keyed(), A);
    transport.script(answer(200, MeshHeaders.KEY_CLOCK, "f00d 5000"));
    mesh.start(FakeRequest.http("POST", "orders", "/"), new CallOptions(0, true, KEYED), transport);
    mesh.clock().advanceMillis(100);
    FakeRequest post = FakeRequest.http("POST", "orders", "/");
    FakeTransport second = mesh.transport();
    second.script(
        attempt -> {
          attempt.decorate(post);
          if (attempt.number() == 1) {
            assertThat(post.headers().get(MeshHeaders.FIRST_SENT)).isNull();
            mesh.clock().advanceMillis(40);
            fail(Failure.RESET).accept(attempt);
          } else {
            assertThat(post.headers().get(MeshHeaders.FIRST_SENT)).isEqualTo("f00d 5099");
            answer(200).accept(attempt);
          }
        });
    mesh.start(post, new CallOptions(0, true, KEYED), second);
    mesh.clock().advanceMillis(1_000);
    assertThat(second.delivered()).isNotNull();
  }

  /** A client that has not talked to the server yet. */
  @Test
  void keyedPost_serverThatAsksWhenItWasFirstSent_isTold_once() {
    orders(keyed(), A);
    FakeRequest post = FakeRequest.http("POST", "orders", "/");
    List<String> said = new ArrayList<>();
    transport.script(
        attempt -> {
          attempt.decorate(post);
          said.add(String.valueOf(post.headers().get(MeshHeaders.FIRST_SENT)));
          if (attempt.number() == 1) {
            fail(Failure.RESET).accept(attempt);
          } else {
            answer(
                    409,
                    MeshHeaders.RETRY,
                    MeshHeaders.SAY_FIRST_SENT,
                    MeshHeaders.KEY_CLOCK,
                    "f00d 5000")
                .accept(attempt);
          }
        });
    mesh.start(post, new CallOptions(0, true, KEYED), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(said).hasSize(3).startsWith("null", "unknown");
    assertThat(said.get(2)).startsWith("f00d 49");
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void keyedPost_notExecutedForSure_goesAnywhere() {
    orders(keyed(), A, B);
    transport.script(inTurn(fail(Failure.REFUSED), answer(200)));
    mesh.start(FakeRequest.http("POST", "orders", "/"), new CallOptions(0, true, KEYED), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(Set.copyOf(transport.ports())).hasSize(2);
  }

  @Test
  void key_whereServersDoNotKnowKeys_changesNothing() {
    orders(TestRoute.any().to(ORDERS).retry(3, "reset"), A, B);
    transport.script(fail(Failure.RESET));
    mesh.start(FakeRequest.http("POST", "orders", "/"), new CallOptions(0, true, KEYED), transport);
    assertThat(transport.attempts()).hasSize(1);
    assertThat(FakeMesh.failure(transport).reason()).isEqualTo(Reason.REMOTE_RESET);
  }

  // ---- what responses mean ----

  @Test
  void response_classedAsFailure_isRetriedAs5xx_andSuccessNever() {
    CallPolicy classes =
        new CallPolicy(
            null,
            false,
            List.of(
                new ResponseClass(503, 503, Set.of(), false),
                new ResponseClass(404, 404, Set.of(), true)));
    orders(retried().policy(classes), A, B);
    transport.script(inTurn(answer(404), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(2);

    FakeTransport good = mesh.transport().script(answer(503));
    mesh.start(FakeRequest.get("orders", "/"), good);
    assertThat(good.attempts()).hasSize(1);
  }

  @Test
  void rateLimitedResponse_isRetriedOnlyIfSaidSo() {
    orders(retried(), A, B);
    transport.script(answer(503, "x-envoy-ratelimited", "true"));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.attempts()).hasSize(1);

    orders(TestRoute.any().to(ORDERS).retry(1, "envoy-ratelimited"), A, B);
    FakeTransport again =
        mesh.transport().script(inTurn(answer(429, "x-envoy-ratelimited", "true"), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), again);
    mesh.clock().advanceMillis(1_000);
    assertThat(again.attempts()).hasSize(2);
  }

  @Test
  void previousAttempts_areToldToGrpcServers() {
    orders(retried(), A, B);
    FakeRequest request = FakeRequest.grpc("orders", "/s.S/M");
    transport.script(
        attempt -> {
          attempt.decorate(request);
          (attempt.number() == 1 ? fail(Failure.REFUSED) : answer(200)).accept(attempt);
        });
    mesh.start(request, transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(request.headers().get("grpc-previous-rpc-attempts")).isEqualTo("1");
    assertThat(transport.attempts()).extracting(Attempt::number).containsExactly(1, 2);
  }
}

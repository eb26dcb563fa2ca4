package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.FakeTransport.inTurn;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.RetryPolicy;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallRetryTest extends OrdersCalls {
  @Test
  void retry_switchedOff_notEvenWhatWasNotProcessed() {
    orders(TestRoute.any().to(ORDERS).retry(0), A, B);
    mesh.start(FakeRequest.get("orders", "/"), transport.script(fail(Failure.CONNECT)));
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(1);
    assertThat(reason()).isEqualTo(Reason.CONNECTION_FAILURE);
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT, true",
    "TLS, true",
    "REFUSED, true",
    "RESET_BEFORE_REQUEST, true",
    "CONNECTION_LOST, false",
    "RESET, false",
    "PROTOCOL, false",
    "OVERFLOW, false",
    "CLOSED, false"
  })
  void retry_implicit_onlyWhenCertainlyNotProcessed(Failure failure, boolean retried) {
    orders(TestRoute.any().to(ORDERS), A, B);
    transport.script(inTurn(fail(failure), answer(200)));
    mesh.start(FakeRequest.http("POST", "orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.delivered() != null).isEqualTo(retried);
  }

  @Test
  void retry_bodyThatCannotBeSentAgain_isNotTried() {
    orders(TestRoute.any().to(ORDERS).retry(3, "5xx"), A, B);
    transport.script(inTurn(answer(503), answer(200)));
    mesh.start(
        FakeRequest.get("orders", "/"),
        new CallOptions(0, false, RequestOptions.DEFAULT.withIdempotent(true)),
        transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(1);
  }

  @Test
  void retry_bodyNotYetTouched_isTried() {
    orders(TestRoute.any().to(ORDERS), A, B);
    transport.script(inTurn(fail(Failure.CONNECT), answer(200)));
    mesh.start(FakeRequest.http("POST", "orders", "/"), CallOptions.ONCE, transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.delivered()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, , false, true",
    "PUT, , false, true",
    "DELETE, , false, true",
    "POST, , false, false",
    "PATCH, , false, false",
    "POST, true, false, true",
    "GET, false, false, false",
    "POST, , true, true"
  })
  void retry_idempotency_decides(
      String method, @Nullable Boolean said, boolean operator, boolean retried) {
    RetryPolicy plain = TestRoute.retryPolicy(1, null, "5xx");
    RetryPolicy policy =
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
            List.of(),
            Duration.ofMinutes(5),
            operator,
            Duration.ZERO);
    orders(TestRoute.any().to(ORDERS).retry(policy), A, B);
    transport.script(inTurn(answer(503), answer(200)));
    mesh.start(
        FakeRequest.http(method, "orders", "/"),
        new CallOptions(0, true, new RequestOptions(null, said, null, 0, null, false, null)),
        transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(retried ? 2 : 1);
  }

  @Test
  void retry_grpcTrailersOnly_followsItsStatus() {
    orders(TestRoute.any().to(ORDERS).retry(1, "unavailable"), A, B);
    transport.script(
        attempt -> {
          attempt.sent();
          attempt.requestEnd();
          int status = attempt.number() == 1 ? 14 : 0;
          attempt.head(FakeResponse.trailersOnly(status));
          attempt.end(status, null);
        });
    mesh.start(
        FakeRequest.grpc("orders", "/s.S/M"),
        new CallOptions(0, true, RequestOptions.DEFAULT.withIdempotent(true)),
        transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(2);
  }

  @Test
  void retry_keepsTheChosenCluster() {
    String other = Snapshots.clusterName("other", 80);
    mesh.update(
        Snapshots.builder()
            .add("orders", A, B)
            .add("other", endpoint("127.0.0.1", 3), endpoint("127.0.0.1", 4))
            .routes("orders", 80, TestRoute.any().to(ORDERS).to(other).retry(4, "5xx")));
    for (int i = 0; i < 50; i++) {
      FakeTransport each = mesh.transport().script(answer(503));
      mesh.start(FakeRequest.get("orders", "/"), each);
      mesh.clock().advanceMillis(2_000);
      assertThat(each.attempts().stream().map(a -> a.cluster().name()).distinct()).hasSize(1);
    }
  }

  @Test
  void retry_singleHost_isTriedAgain() {
    orders(TestRoute.any().to(ORDERS).retry(1, "5xx"), A);
    transport.script(inTurn(answer(503), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.ports()).containsExactly(1, 1);
  }

  @Test
  void retry_lastResponse_isDeliveredWhenNoneIsLeft() {
    orders(TestRoute.any().to(ORDERS).retry(2, "5xx"), A, B);
    transport.script(answer(503));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(3);
    assertThat(transport.delivered()).isSameAs(transport.attempt());
    assertThat(transport.abandoned()).hasSize(2);
  }

  @Test
  void retry_limitOfTheCluster_isKept() {
    CircuitBreakers.Limits limits = new CircuitBreakers.Limits(9, 9, 9, 0, null);
    mesh.update(
        Snapshots.builder()
            .add("orders", A, B)
            .cluster(
                cluster(
                    Snapshots.local(A, B), List.of(), new CircuitBreakers(limits, limits), null))
            .routes("orders", 80, TestRoute.any().to(ORDERS).retry(2, "5xx")));
    transport.script(answer(503));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(1);
  }
}

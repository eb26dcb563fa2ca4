package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.OutboundCall;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CallTimeTest extends OrdersCalls {
  @Test
  void timeout_coversRetriesAndBackOffs() {
    orders(TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(100)).retry(50, "5xx"), A, B);
    transport.script(
        attempt ->
            transport.schedule(
                40_000_000,
                () -> {
                  attempt.sent();
                  attempt.requestEnd();
                  attempt.head(FakeResponse.http(503));
                }));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.answered()).isTrue();
    assertThat(transport.attempts().size()).isBetween(2, 3);
  }

  static List<CallOptions> streamed() {
    return List.of(CallOptions.ONCE, CallOptions.REPEATABLE);
  }

  @ParameterizedTest
  @MethodSource("streamed")
  void timeout_ofAStreamedRequest_beginsAtItsEnd_andIsNotToldBefore(CallOptions streamed) {
    orders(TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(100)), A);
    FakeRequest request = FakeRequest.http("POST", "orders", "/");
    OutboundCall call = mesh.start(request, streamed, transport);
    transport.attempt().decorate(request);
    assertThat(request.headers().get(MeshHeaders.TIMEOUT_MS)).isNull();
    transport.attempt().sent();
    mesh.clock().advanceMillis(5_000);
    assertThat(transport.answered()).isFalse();
    assertThat(call.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
    transport.attempt().requestEnd();
    assertThat(call.deadlineNanos()).isEqualTo(5_100_000_000L);
    mesh.clock().advanceMillis(99);
    assertThat(transport.answered()).isFalse();
    mesh.clock().advanceMillis(1);
    assertThat(reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void timeout_ofAStreamedRequest_boundsConnectingToo() {
    orders(TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(100)), A);
    mesh.start(FakeRequest.http("POST", "orders", "/"), CallOptions.ONCE, transport);
    mesh.clock().advanceMillis(100);
    assertThat(reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void timeout_ofTheApplication_beatsTheRoutes() {
    orders(TestRoute.any().to(ORDERS).timeout(Duration.ofSeconds(9)), A);
    OutboundCall call =
        mesh.start(
            FakeRequest.get("orders", "/"),
            new CallOptions(50_000_000, true, RequestOptions.DEFAULT),
            transport);
    assertThat(call.deadlineNanos()).isEqualTo(50_000_000);
    mesh.clock().advanceMillis(50);
    assertThat(reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void streamDuration_endsADeliveredResponse() {
    orders(TestRoute.any().to(ORDERS).maxStreamDuration(Duration.ofMillis(200)), A);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    transport.attempt().sent();
    transport.attempt().requestEnd();
    transport.attempt().head(FakeResponse.http(200));
    mesh.clock().advanceMillis(200);
    assertThat(transport.delivered()).isNotNull();
    assertThat(reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(transport.abandoned()).hasSize(1);
  }

  @Test
  void idle_silentStream_isEndedButABusyOneIsNot() {
    orders(TestRoute.any().to(ORDERS).idleTimeout(Duration.ofMillis(100)), A);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    transport.attempt().sent();
    transport.attempt().requestEnd();
    transport.attempt().head(FakeResponse.http(200));
    for (int i = 0; i < 10; i++) {
      mesh.clock().advanceMillis(90);
      transport.attempt().progress();
    }
    assertThat(transport.failure()).isNull();
    mesh.clock().advanceMillis(100);
    assertThat(reason()).isEqualTo(Reason.IDLE_TIMEOUT);
  }

  @Test
  void perTry_unretriable_failsWithTimeout() {
    orders(
        TestRoute.any()
            .to(ORDERS)
            .retry(TestRoute.retryPolicy(3, Duration.ofMillis(10), "connect-failure")),
        A);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    transport.attempt().sent();
    mesh.clock().advanceMillis(10);
    assertThat(reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(transport.attempts()).hasSize(1);
  }
}

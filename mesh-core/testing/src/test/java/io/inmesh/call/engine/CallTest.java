package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.FakeTransport.inTurn;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ManualClock;
import io.inmesh.model.Cluster;
import io.inmesh.model.Egress;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);

  private final ManualClock clock = new ManualClock();
  private final List<String> wanted = new ArrayList<>();
  private final MeshEngine engine =
      MeshEngine.builder(EngineSettings.insecure("web", "default"))
          .clock(clock)
          .demand(wanted::add)
          .build();
  private final FakeTransport transport = new FakeTransport(clock);

  @AfterEach
  void nothingLeaked() {
    assertThat(clock.pending()).as("timers left").isZero();
    assertThat(engine.idle()).as("nothing in flight").isTrue();
  }

  private OutboundCall start(RequestHead head) {
    return start(head, CallOptions.DEFAULT);
  }

  private OutboundCall start(RequestHead head, CallOptions options) {
    OutboundCall call = engine.begin(head, options, transport);
    call.start();
    return call;
  }

  private MeshException failure() {
    return Objects.requireNonNull(transport.failure(), "the call did not fail");
  }

  @Test
  void call_knownService_isSentToAnEndpointAndDelivered() {
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 8080)));
    transport.script(answer(200));
    OutboundCall call = start(FakeRequest.get("orders", "/"));
    assertThat(transport.delivered()).isSameAs(transport.attempt());
    assertThat(transport.ports()).containsExactly(8080);
    assertThat(call.attempts()).hasSize(1);
    assertThat(call.attempts().get(0).endpoint()).isEqualTo("127.0.0.1:8080");
  }

  @Test
  void call_unknownService_asksForItAndWaits() {
    start(FakeRequest.get("orders", "/"));
    assertThat(wanted).containsExactly("orders.default.svc.cluster.local:80");
    assertThat(transport.attempts()).isEmpty();
    transport.script(answer(200));
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 8080)));
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void call_noConfigurationWithinDeadline_isNotReady() {
    start(
        FakeRequest.get("orders", "/"),
        new CallOptions(1_000_000_000L, true, RequestOptions.DEFAULT));
    clock.advanceMillis(1000);
    assertThat(failure().reason()).isEqualTo(Reason.NOT_READY);
    assertThat(failure()).hasMessageContaining("orders.default.svc.cluster.local:80");
  }

  @Test
  void call_absentService_failsAtOnce() {
    engine.update(Snapshots.builder().absent("orders.default.svc.cluster.local:80").build());
    start(FakeRequest.get("orders", "/"));
    assertThat(failure().reason()).isEqualTo(Reason.NO_SUCH_SERVICE);
  }

  @Test
  void call_deletedWhileWaiting_fails() {
    start(FakeRequest.get("orders", "/"));
    engine.update(Snapshots.builder().absent("orders.default.svc.cluster.local:80").build());
    assertThat(failure().reason()).isEqualTo(Reason.NO_SUCH_SERVICE);
  }

  @Test
  void call_hostOutsideTheMesh_isRefused() {
    engine.update(Snapshots.builder().absent("api.example.com:80", Egress.LISTENER).build());
    start(FakeRequest.get("api.example.com", "/"));
    assertThat(failure().reason()).isEqualTo(Reason.EGRESS_DENIED);
  }

  @Test
  void call_connectFails_goesToAnotherHost() {
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2)));
    transport.script(inTurn(fail(Failure.CONNECT), answer(200)));
    start(FakeRequest.http("POST", "orders", "/"));
    clock.advanceMillis(1);
    assertThat(transport.delivered()).isNotNull();
    assertThat(transport.ports()).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void call_lostAfterSending_isNotRepeatedByDefault() {
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2)));
    transport.script(inTurn(fail(Failure.CONNECTION_LOST), answer(200)));
    start(FakeRequest.get("orders", "/"));
    clock.advanceMillis(1000);
    assertThat(failure().reason()).isEqualTo(Reason.CONNECTION_TERMINATED);
    assertThat(transport.attempts()).hasSize(1);
  }

  @Test
  void call_allHostsRefuse_saysWhatWasTried() {
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2)));
    transport.script(fail(Failure.CONNECT));
    start(FakeRequest.get("orders", "/"));
    clock.advanceMillis(1000);
    assertThat(failure().reason()).isEqualTo(Reason.RETRIES_EXHAUSTED);
    assertThat(failure().attempts()).hasSize(3);
    assertThat(failure().attempts().get(0).reason()).isEqualTo(Reason.CONNECTION_FAILURE);
  }

  @Test
  void retry_configuredStatus_isRetriedOnAnotherHost() {
    engine.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2))
            .routes("orders", 80, TestRoute.any().to(ORDERS).retry(1, "5xx"))
            .build());
    transport.script(inTurn(answer(503), answer(200)));
    start(FakeRequest.get("orders", "/"));
    clock.advanceMillis(25);
    assertThat(transport.delivered()).isSameAs(transport.attempt());
    assertThat(transport.ports()).containsExactlyInAnyOrder(1, 2);
    assertThat(transport.abandoned()).hasSize(1);
  }

  @Test
  void retry_notIdempotent_isWithheld() {
    engine.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .routes("orders", 80, TestRoute.any().to(ORDERS).retry(1, "5xx"))
            .build());
    transport.script(inTurn(answer(503), answer(200)));
    start(FakeRequest.http("POST", "orders", "/"));
    clock.advanceMillis(1000);
    assertThat(transport.attempts()).hasSize(1);
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void timeout_ofTheRoute_endsTheCall() {
    engine.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .routes("orders", 80, TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(100)))
            .build());
    start(FakeRequest.get("orders", "/"));
    clock.advanceMillis(99);
    assertThat(transport.answered()).isFalse();
    clock.advanceMillis(1);
    assertThat(failure().reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(transport.abandoned()).containsExactly(transport.attempt());
  }

  @Test
  void timeout_perTry_isRetriedAndLateReportsAreIgnored() {
    engine.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2))
            .routes(
                "orders",
                80,
                TestRoute.any()
                    .to(ORDERS)
                    .retry(TestRoute.retryPolicy(1, Duration.ofMillis(100), "5xx")))
            .build());
    transport.script(
        inTurn(
            attempt -> {
              attempt.sent();
              attempt.requestEnd();
            },
            answer(200)));
    start(FakeRequest.get("orders", "/"));
    Attempt first = transport.attempt();
    clock.advanceMillis(150);
    assertThat(transport.attempts()).hasSize(2);
    assertThat(transport.abandoned()).containsExactly(first);
    first.head(FakeResponse.http(200));
    first.end(ResponseHead.NO_GRPC_STATUS, null);
    assertThat(transport.delivered()).isSameAs(transport.attempt());
  }

  @Test
  void cancel_inFlight_abandonsAndStaysSilent() {
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1)));
    OutboundCall call = start(FakeRequest.get("orders", "/"));
    call.cancel();
    call.cancel();
    assertThat(transport.abandoned()).hasSize(1);
    assertThat(transport.answered()).isFalse();
  }

  @Test
  void cancel_whileWaiting_leavesNothingBehind() {
    start(FakeRequest.get("orders", "/")).cancel();
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1)));
    assertThat(transport.attempts()).isEmpty();
  }

  @Test
  void waitForReady_noEndpoint_waitsForOne() {
    engine.update(Snapshots.service("orders"));
    start(
        FakeRequest.grpc("orders", "/s.S/M"),
        new CallOptions(0, true, RequestOptions.DEFAULT.withWaitForReady(true)));
    assertThat(transport.answered()).isFalse();
    transport.script(answer(200));
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1)));
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void call_noEndpoint_failsAtOnce() {
    engine.update(Snapshots.service("orders"));
    start(FakeRequest.get("orders", "/"));
    assertThat(failure().reason()).isEqualTo(Reason.NO_HEALTHY_ENDPOINT);
  }

  @Test
  void call_broken_afterDelivery_isNotRetried() {
    engine.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .routes("orders", 80, TestRoute.any().to(ORDERS).retry(3, "5xx", "reset"))
            .build());
    start(FakeRequest.get("orders", "/"));
    Attempt attempt = transport.attempt();
    attempt.sent();
    attempt.requestEnd();
    attempt.head(FakeResponse.http(200));
    attempt.failed(Failure.RESET, null);
    assertThat(transport.delivered()).isSameAs(attempt);
    assertThat(failure().reason()).isEqualTo(Reason.REMOTE_RESET);
    assertThat(transport.attempts()).hasSize(1);
  }

  @Test
  void watch_name_isToldClustersAndTheirChanges() {
    List<Map<String, Cluster>> told = new ArrayList<>();
    Cancellable watch = engine.watch("orders", RequestHead.Kind.GRPC, told::add);
    assertThat(told).isEmpty();
    assertThat(wanted).contains("orders.default.svc.cluster.local");
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1)));
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 1)));
    assertThat(told).hasSize(1);
    assertThat(told.get(0)).containsOnlyKeys(ORDERS);
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 2)));
    assertThat(told).hasSize(2);
    watch.cancel();
    engine.update(Snapshots.service("orders", endpoint("127.0.0.1", 3)));
    assertThat(told).hasSize(2);
  }
}

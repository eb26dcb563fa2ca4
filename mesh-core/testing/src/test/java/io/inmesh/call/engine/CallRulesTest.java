package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.TlsPolicy;
import io.inmesh.model.WeightedCluster;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CallRulesTest extends OrdersCalls {
  // ---- routes to nowhere ----

  @Test
  void route_none_is404() {
    orders(TestRoute.exact("/a").to(ORDERS), A);
    mesh.start(FakeRequest.get("orders", "/b"), transport);
    assertThat(reply().status()).isEqualTo(404);
    assertThat(reply().reason()).isEqualTo(Reason.NO_ROUTE);
  }

  @Test
  void cluster_missing_isRefusedNotHung() {
    orders(TestRoute.any().to("nowhere"), A);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reply().status()).isEqualTo(503);
    assertThat(reply().reason()).isEqualTo(Reason.NO_CLUSTER);
  }

  @Test
  void backend_invalid_itsShareGets500AndTheRestFlows() {
    orders(
        TestRoute.any()
            .to(ORDERS, 1)
            .to(new WeightedCluster("invalid", 1, HeaderChanges.NONE, Map.of(), 500)),
        A);
    int refused = 0;
    for (int i = 0; i < 1_000; i++) {
      FakeTransport each = mesh.transport().script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), each);
      refused += each.reply() == null ? 0 : 1;
    }
    assertThat(refused).isBetween(440, 560);
  }

  // ---- endpoints ----

  @Test
  void unreachableHost_isAvoidedByLaterCalls() {
    orders(TestRoute.any().to(ORDERS), A, B);
    transport.script(
        attempt -> {
          if (attempt.endpoint().address().getPort() == 1) {
            attempt.failed(Failure.CONNECT, null);
          } else {
            answer(200).accept(attempt);
          }
        });
    for (int i = 0; i < 20; i++) {
      mesh.start(
          FakeRequest.get("orders", "/"),
          mesh.transport()
              .script(
                  attempt -> {
                    if (attempt.endpoint().address().getPort() == 1) {
                      attempt.failed(Failure.CONNECT, null);
                    } else {
                      answer(200).accept(attempt);
                    }
                  }));
      mesh.clock().advanceMillis(1);
    }
    for (int i = 0; i < 20; i++) {
      FakeTransport later = mesh.transport().script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), later);
      assertThat(later.ports()).containsExactly(2);
    }
  }

  @Test
  void unreachableEverywhere_isStillTried() {
    orders(TestRoute.any().to(ORDERS), A);
    mesh.start(FakeRequest.get("orders", "/"), mesh.transport().script(fail(Failure.CONNECT)));
    mesh.clock().advanceMillis(500);
    mesh.start(FakeRequest.get("orders", "/"), transport.script(answer(200)));
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void state_ofAnAddress_survivesUpdates() {
    orders(TestRoute.any().to(ORDERS), A, B);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    int busy = transport.attempt().endpoint().address().getPort();
    orders(TestRoute.any().to(ORDERS), endpoint("127.0.0.1", 3), A, B);
    for (int i = 0; i < 20; i++) {
      FakeTransport other = mesh.transport();
      OutboundCall call = mesh.start(FakeRequest.get("orders", "/"), other);
      assertThat(mesh.engine().idle()).isFalse();
      call.cancel();
    }
    answer(200).accept(transport.attempt());
    assertThat(busy).isIn(1, 2);
  }

  @Test
  void requests_overTheLimit_areRefusedAtOnce() {
    CircuitBreakers.Limits one = new CircuitBreakers.Limits(9, 9, 1, 9, null);
    CircuitBreakers.Limits two = new CircuitBreakers.Limits(9, 9, 2, 9, null);
    mesh.update(
        Snapshots.builder()
            .add("orders", A)
            .cluster(cluster(Snapshots.local(A), List.of(), new CircuitBreakers(one, two), null))
            .routes(
                "orders",
                80,
                TestRoute.prefix("/high").to(ORDERS).highPriority(),
                TestRoute.any().to(ORDERS)));
    FakeTransport first = mesh.transport();
    mesh.start(FakeRequest.get("orders", "/"), first);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reason()).isEqualTo(Reason.OVERFLOW);
    assertThat(transport.lastPick()).isEqualTo(Attempt.Pick.REFUSED);
    FakeTransport high = mesh.transport().script(answer(200));
    mesh.start(FakeRequest.get("orders", "/high"), high);
    assertThat(high.delivered()).isNotNull();
    answer(200).accept(first.attempt());
  }

  @Test
  void drop_share_isDropped() {
    mesh.update(
        Snapshots.builder()
            .add("orders", A)
            .cluster(
                cluster(
                    Snapshots.local(A),
                    List.of(new Cluster.Drop("overload", new Fraction(50, 100))),
                    CircuitBreakers.NONE,
                    null))
            .routes("orders", 80, TestRoute.any().to(ORDERS)));
    int dropped = 0;
    for (int i = 0; i < 1_000; i++) {
      FakeTransport each = mesh.transport().script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), each);
      dropped += each.failure() == null ? 0 : 1;
    }
    assertThat(dropped).isBetween(440, 560);
  }

  @Test
  void tls_demandedButMissing_neverGoesOutInPlaintext() {
    mesh.update(
        Snapshots.builder()
            .add("orders", A)
            .cluster(
                cluster(
                    Snapshots.local(A),
                    List.of(),
                    CircuitBreakers.NONE,
                    new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null)))
            .routes("orders", 80, TestRoute.any().to(ORDERS)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reason()).isEqualTo(Reason.TLS_FAILURE);
    assertThat(transport.ports()).isEmpty();
  }

  @Test
  void usable_none_picksNoneAndTheTransportMayAskAgain() {
    orders(TestRoute.any().to(ORDERS).retry(0), A);
    transport.usable(endpoint -> false);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.lastPick()).isEqualTo(Attempt.Pick.NONE);
    assertThat(reason()).isEqualTo(Reason.CONNECTION_FAILURE);
  }

  @Test
  void waitForReady_nobodyReachable_waitsUntilSomebodyIs() {
    orders(TestRoute.any().to(ORDERS), A);
    RequestHead head = FakeRequest.grpc("orders", "/s.S/M");
    transport.script(fail(Failure.CONNECT));
    mesh.start(
        head,
        new CallOptions(60_000_000_000L, true, RequestOptions.DEFAULT.withWaitForReady(true)),
        transport);
    mesh.clock().advanceMillis(20_000);
    assertThat(transport.answered()).isFalse();
    orders(TestRoute.any().to(ORDERS), B);
    transport.script(answer(200));
    mesh.clock().advanceMillis(2_000);
    assertThat(transport.delivered()).isNotNull();
    assertThat(transport.ports()).endsWith(2);
  }

  @Test
  void decorate_attempt_tellsNumberAndRemainingTime() {
    orders(TestRoute.any().to(ORDERS).retry(1, "5xx").timeout(Duration.ofMillis(300)), A, B);
    FakeRequest request = FakeRequest.get("orders", "/");
    StringBuilder seen = new StringBuilder();
    transport.script(
        attempt -> {
          attempt.decorate(request);
          seen.append(request.headers().all("x-envoy-attempt-count"))
              .append(request.headers().all("x-inmesh-timeout-ms"));
          answer(attempt.number() == 1 ? 503 : 200).accept(attempt);
        });
    mesh.start(request, transport);
    assertThat(seen).hasToString("[1][300]");
    mesh.clock().advanceMillis(25);
    assertThat(seen.toString()).startsWith("[1][300][2][");
    assertThat(Integer.parseInt(seen.substring(12, seen.length() - 1))).isBetween(275, 300);
  }

  @Test
  void report_afterTheEnd_isIgnored() {
    orders(TestRoute.any().to(ORDERS), A);
    mesh.start(FakeRequest.get("orders", "/"), transport.script(answer(200)));
    Attempt attempt = transport.attempt();
    attempt.failed(Failure.RESET, null);
    attempt.end(ResponseHead.NO_GRPC_STATUS, null);
    attempt.head(FakeResponse.http(500));
    assertThat(attempt.pick(endpoint -> true)).isEqualTo(Attempt.Pick.REFUSED);
    assertThat(transport.failure()).isNull();
  }

  @Test
  void end_withoutHead_isAProtocolError() {
    orders(TestRoute.any().to(ORDERS), A);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    transport.attempt().sent();
    transport.attempt().end(ResponseHead.NO_GRPC_STATUS, null);
    assertThat(reason()).isEqualTo(Reason.PROTOCOL_ERROR);
  }
}

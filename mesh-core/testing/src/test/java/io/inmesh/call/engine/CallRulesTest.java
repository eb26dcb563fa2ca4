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
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.TlsPolicy;
import io.inmesh.model.WeightedCluster;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallRulesTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final Endpoint A = endpoint("127.0.0.1", 1);
  private static final Endpoint B = endpoint("127.0.0.1", 2);

  private FakeMesh mesh = new FakeMesh();
  private FakeTransport transport = mesh.transport();

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  private void orders(TestRoute route, Endpoint... endpoints) {
    mesh.update(Snapshots.builder().add("orders", endpoints).routes("orders", 80, route));
  }

  private static Cluster cluster(
      List<LocalityEndpoints> localities,
      List<Cluster.Drop> drops,
      CircuitBreakers breakers,
      @Nullable TlsPolicy tls) {
    return new Cluster(
        ORDERS,
        Snapshots.fqdn("orders"),
        localities,
        140,
        drops,
        BalancerPolicy.DEFAULT,
        Duration.ofSeconds(5),
        Cluster.Protocol.AUTO,
        breakers,
        null,
        tls);
  }

  private Reason reason() {
    return FakeMesh.failure(transport).reason();
  }

  private LocalReply reply() {
    return Objects.requireNonNull(transport.reply(), "there was no reply");
  }

  // ---- names ----

  @ParameterizedTest
  @CsvSource({
    "orders, true",
    "Orders, true",
    "orders., true",
    "orders:80, true",
    "orders.default, true",
    "orders.default:80, true",
    "orders.default.svc, true",
    "orders.default.svc.cluster.local, true",
    "orders.default.svc.cluster.local:80, true",
    "orders.other, false",
    "orders:81, false",
    "orders.default.svc.other.local, false"
  })
  void name_form_leadsToTheService(String authority, boolean found) {
    orders(TestRoute.any().to(ORDERS), A);
    OutboundCall call = mesh.start(FakeRequest.get(authority, "/"), transport.script(answer(200)));
    assertThat(transport.delivered() != null).isEqualTo(found);
    call.cancel();
  }

  @ParameterizedTest
  @CsvSource({
    "orders, true",
    "orders:8080, true",
    "a.b.svc.cluster.local, true",
    "a.b.svc, true",
    "declared.example, true",
    "known.example:80, true",
    "other.example, false",
    "a.b, false",
    "localhost:8080, false",
    "127.0.0.1, false",
    "[::1]:80, false"
  })
  void name_kind_decidesWhoseItIs(String authority, boolean ours) {
    mesh =
        new FakeMesh(
            new EngineSettings(
                "web",
                "default",
                "",
                EngineSettings.DOMAIN_SUFFIX,
                Set.of("declared.example"),
                EgressPolicy.REGISTRY_ONLY,
                true,
                Duration.ofSeconds(1)),
            builder -> builder);
    mesh.update(Snapshots.builder().add("known.example", A));
    assertThat(mesh.engine().isMeshName(authority)).isEqualTo(ours);
  }

  @Test
  void name_ofTwoLabels_asksForServiceAndHost() {
    mesh.start(FakeRequest.get("orders.shop", "/"), transport).cancel();
    assertThat(mesh.wanted()).containsExactly("orders.shop.svc.cluster.local:80", "orders.shop:80");
  }

  @Test
  void name_grpcWithoutPort_asksForTheServicesGrpcPort() {
    mesh.start(FakeRequest.grpc("orders", "/s.S/M"), transport).cancel();
    assertThat(mesh.wanted()).contains("orders.default.svc.cluster.local");
  }

  @Test
  void egress_allowAny_goesOutWithoutMeshHeaders() {
    mesh =
        new FakeMesh(
            new EngineSettings(
                "web",
                "default",
                "",
                EngineSettings.DOMAIN_SUFFIX,
                Set.of(),
                EgressPolicy.ALLOW_ANY,
                true,
                Duration.ofSeconds(1)),
            builder -> builder);
    transport = mesh.transport();
    mesh.update(Snapshots.builder().absent("api.example.com:8080"));
    FakeRequest request =
        FakeRequest.get(
            "api.example.com:8080",
            "/",
            "x-inmesh-timeout-ms",
            "1",
            "x-envoy-attempt-count",
            "2",
            "x-inmesh-repeated-after-ms",
            "5",
            "x-inmesh-anything",
            "secret",
            "x-forwarded-client-cert",
            "URI=spiffe://a/b");
    transport.script(
        attempt -> {
          attempt.decorate(request);
          answer(200).accept(attempt);
        });
    mesh.start(request, new CallOptions(1_000_000_000, true, RequestOptions.DEFAULT), transport);
    assertThat(transport.delivered()).isNotNull();
    assertThat(transport.attempt().endpoint().address().isUnresolved()).isTrue();
    assertThat(transport.attempt().endpoint().address().getHostString())
        .isEqualTo("api.example.com");
    assertThat(request.headers()).hasToString("[]");
  }

  @Test
  void egress_allowAny_neverForMeshNames() {
    mesh =
        new FakeMesh(
            new EngineSettings(
                "web",
                "default",
                "",
                EngineSettings.DOMAIN_SUFFIX,
                Set.of(),
                EgressPolicy.ALLOW_ANY,
                true,
                Duration.ofSeconds(1)),
            builder -> builder);
    transport = mesh.transport();
    mesh.update(Snapshots.builder().absent("gone.default.svc.cluster.local:80"));
    mesh.start(FakeRequest.get("gone", "/"), transport);
    assertThat(reason()).isEqualTo(Reason.NO_SUCH_SERVICE);
  }

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

  // ---- time ----

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

  @Test
  void timeout_ofAStreamedRequest_beginsAtItsEnd() {
    orders(TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(100)), A);
    mesh.start(FakeRequest.http("POST", "orders", "/"), CallOptions.ONCE, transport);
    transport.attempt().sent();
    mesh.clock().advanceMillis(5_000);
    assertThat(transport.answered()).isFalse();
    transport.attempt().requestEnd();
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

  // ---- retries ----

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
            operator);
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

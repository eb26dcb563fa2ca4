package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.CallContext;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.FilterConfig;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.opentelemetry.context.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InboundTest {
  private static final InetSocketAddress FROM =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 40000);
  private static final Peer STRANGER = new Peer(FROM, null, false);
  private static final Peer FRIEND =
      new Peer(FROM, SpiffeId.parse("spiffe://mesh/ns/default/sa/web"), true);
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static EngineSettings secure() {
    return new EngineSettings(
        "orders",
        "default",
        "v1",
        EngineSettings.DOMAIN_SUFFIX,
        Set.of(),
        EgressPolicy.REGISTRY_ONLY,
        false,
        Duration.ofSeconds(1));
  }

  private final List<String> log = new ArrayList<>();
  private Function<FilterCall, Step> behaviour = call -> Step.NEXT;

  private FakeMesh mesh(EngineSettings settings) {
    FilterFactory factory =
        new FilterFactory() {
          @Override
          public String typeUrl() {
            return "test.Gate";
          }

          @Override
          public MeshFilter create(FilterConfig config, Side side) {
            return new MeshFilter() {
              @Override
              public Step onRequest(FilterCall call) {
                return behaviour.apply(call);
              }

              @Override
              public void onResponse(FilterCall call, ResponseHead response) {
                response.headers().set("gate", "seen");
              }

              @Override
              public void onEnd(FilterCall call, Ending ending) {
                log.add(ending.status() + " " + ending.reason());
              }
            };
          }
        };
    return new FakeMesh(settings, builder -> builder.filter(factory));
  }

  private static Snapshots gated() {
    return Snapshots.builder().server(8080, new FilterConfig("gate", "test.Gate", false, ""));
  }

  private static InboundCall admitted(FakeMesh mesh, RequestHead head, Peer peer) {
    Admission admission = mesh.engine().inbound(8080).admit(head, peer);
    assertThat(admission).isInstanceOf(Admission.Allowed.class);
    return ((Admission.Allowed) admission).call();
  }

  private static LocalReply denied(Admission admission) {
    assertThat(admission).isInstanceOf(Admission.Denied.class);
    return ((Admission.Denied) admission).reply();
  }

  @Test
  void admit_insecureWithoutPolicy_isAllowed() {
    InboundCall call = admitted(new FakeMesh(), FakeRequest.get("orders", "/"), STRANGER);
    assertThat(call.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(CallContext.peer(call.context())).isEqualTo(STRANGER);
    call.finish(200, ResponseHead.NO_GRPC_STATUS);
  }

  @Test
  void dispatch_secureWhenThePoliciesAreGone_isRefused() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated().build());
    InboundCall call = admitted(mesh, FakeRequest.get("orders", "/"), FRIEND);
    mesh.update(Snapshots.builder().build());
    Admission onward =
        mesh.engine().inbound(8080).dispatch(FakeRequest.get("orders", "/admin"), FRIEND, call);
    assertThat(denied(onward).status()).isEqualTo(503);
    call.finish(200, ResponseHead.NO_GRPC_STATUS);
  }

  @Test
  void admit_secureBeforeAnyPolicy_isRefused() {
    Admission admission =
        new FakeMesh(secure(), b -> b)
            .engine()
            .inbound(8080)
            .admit(FakeRequest.get("orders", "/"), STRANGER);
    assertThat(denied(admission).status()).isEqualTo(503);
  }

  @Test
  void admit_secureBeforeAnyPolicy_friendWaitsForIt() {
    FakeMesh mesh = new FakeMesh(secure(), b -> b);
    Inbound inbound = mesh.engine().inbound(8080);
    Admission.Pending waiting =
        (Admission.Pending) inbound.admit(FakeRequest.get("orders", "/"), FRIEND);
    assertThat(waiting.result().toCompletableFuture()).isNotDone();
    mesh.update(Snapshots.builder().server(8080));
    assertThat(waiting.result().toCompletableFuture())
        .isCompletedWithValueMatching(admission -> admission instanceof Admission.Allowed);
  }

  @Test
  void admit_secureAndNoPolicyComes_friendIsRefusedAfterAWhile() {
    Admission.Pending waiting =
        (Admission.Pending)
            new FakeMesh(secure(), b -> b)
                .engine()
                .inbound(8080)
                .admit(FakeRequest.get("orders", "/"), FRIEND);
    assertThat(denied(waiting.result().toCompletableFuture().join()).status()).isEqualTo(503);
  }

  @ParameterizedTest
  @CsvSource({
    "1S, 1000000000",
    "250m, 250000000",
    "7u, 7000",
    "9n, 9",
    "2M, 120000000000",
    "1H, 3600000000000",
    "123456789S, -1",
    "S, -1",
    "5x, -1",
    "'', -1",
    "1_S, -1"
  })
  void grpcTimeout_text_isRead(String text, long nanos) {
    assertThat(CallerTimeout.grpc(text)).isEqualTo(nanos < 0 ? Long.MAX_VALUE : nanos);
  }

  @Test
  void deadline_fromPeerHeader_isInheritedByOutboundCalls() {
    FakeMesh mesh = new FakeMesh();
    mesh.update(Snapshots.service("stock", Snapshots.endpoint("127.0.0.1", 1)));
    FakeRequest head = FakeRequest.get("orders", "/", "x-inmesh-timeout-ms", "500");
    InboundCall call = admitted(mesh, head, STRANGER);
    assertThat(call.deadlineNanos()).isEqualTo(500_000_000L);
    assertThat(head.headers().get("x-inmesh-timeout-ms")).isNull();
    mesh.clock().advanceMillis(100);
    FakeTransport transport = mesh.transport();
    FakeRequest next = FakeRequest.get("stock", "/");
    OutboundCall outbound;
    try (Scope scope = call.context().makeCurrent()) {
      assertThat(scope).isNotNull();
      outbound = mesh.engine().begin(next, CallOptions.DEFAULT, transport);
    }
    outbound.start();
    assertThat(outbound.deadlineNanos()).isEqualTo(500_000_000L);
    transport.attempt().decorate(next);
    assertThat(next.headers().get("x-inmesh-timeout-ms")).isEqualTo("400");
    mesh.clock().advanceMillis(400);
    assertThat(FakeMesh.failure(transport).reason()).isEqualTo(Reason.DEADLINE_EXCEEDED);
    mesh.assertQuiet();
  }

  @Test
  void deadline_passed_isRejected() {
    Admission admission =
        new FakeMesh()
            .engine()
            .inbound(8080)
            .admit(FakeRequest.grpc("orders", "/s.S/M", "grpc-timeout", "0m"), STRANGER);
    assertThat(denied(admission).status()).isEqualTo(504);
    assertThat(denied(admission).grpcStatus()).isEqualTo(4);
  }

  @Test
  void meshHeaders_fromStrangers_areStrippedAndNotHonoured() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated());
    FakeRequest head =
        FakeRequest.get(
            "orders",
            "/",
            "x-inmesh-timeout-ms",
            "5",
            "x-inmesh-other",
            "1",
            "x-envoy-attempt-count",
            "3",
            "mine",
            "1");
    InboundCall call = admitted(mesh, head, STRANGER);
    assertThat(call.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(head.headers()).hasToString("[Field[name=mine, value=1]]");
  }

  @Test
  void meshHeaders_fromPeers_areHonoured() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated());
    FakeRequest head =
        FakeRequest.get("orders", "/", "x-inmesh-timeout-ms", "5", "x-envoy-attempt-count", "3");
    InboundCall call = admitted(mesh, head, FRIEND);
    assertThat(call.deadlineNanos()).isEqualTo(5_000_000L);
    assertThat(head.headers().get("x-envoy-attempt-count")).isEqualTo("3");
  }

  @Test
  void trace_ofTheRequest_travelsToOutboundCalls() {
    FakeMesh mesh = new FakeMesh();
    mesh.update(Snapshots.service("stock", Snapshots.endpoint("127.0.0.1", 1)));
    InboundCall call =
        admitted(mesh, FakeRequest.get("orders", "/", "traceparent", TRACE), STRANGER);
    FakeTransport transport = mesh.transport();
    FakeRequest next = FakeRequest.get("stock", "/");
    try (Scope scope = call.context().makeCurrent()) {
      assertThat(scope).isNotNull();
      mesh.start(next, transport);
    }
    transport.attempt().decorate(next);
    assertThat(next.headers().get("traceparent")).isEqualTo(TRACE);
  }

  @Test
  void filter_refuses_endsOnce() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated());
    behaviour = call -> new Step.Answer(new LocalReply(403, 7, List.of(), "no", Reason.DENIED));
    Admission admission = mesh.engine().inbound(8080).admit(FakeRequest.get("orders", "/"), FRIEND);
    assertThat(denied(admission).status()).isEqualTo(403);
    assertThat(log).containsExactly("403 DENIED");
  }

  @Test
  void severalFilters_decideLater_admissionIsPendingOnce() {
    FakeMesh mesh = mesh(secure());
    mesh.update(
        Snapshots.builder()
            .server(
                8080,
                new FilterConfig("first", "test.Gate", false, ""),
                new FilterConfig("second", "test.Gate", false, "")));
    List<CompletableFuture<Step>> decisions = new ArrayList<>();
    behaviour =
        call -> {
          decisions.add(new CompletableFuture<>());
          return new Step.Later(decisions.get(decisions.size() - 1));
        };
    Admission admission = mesh.engine().inbound(8080).admit(FakeRequest.get("orders", "/"), FRIEND);
    CompletableFuture<Admission> result =
        ((Admission.Pending) admission).result().toCompletableFuture();
    decisions.get(0).complete(Step.NEXT);
    assertThat(result).isNotDone();
    decisions.get(1).complete(new Step.Answer(LocalReply.refusal(403, "no")));
    assertThat(result.join()).isInstanceOf(Admission.Denied.class);
  }

  @Test
  void filter_decidesLater_admissionIsPending() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated());
    CompletableFuture<Step> decision = new CompletableFuture<>();
    behaviour = call -> new Step.Later(decision);
    Admission admission = mesh.engine().inbound(8080).admit(FakeRequest.get("orders", "/"), FRIEND);
    List<@Nullable Admission> results = new ArrayList<>();
    ((Admission.Pending) admission).result().whenComplete((result, error) -> results.add(result));
    assertThat(results).isEmpty();
    decision.completeExceptionally(new IllegalStateException("broken"));
    assertThat(results).hasSize(1);
    assertThat(results.get(0)).isInstanceOf(Admission.Denied.class);
  }

  @Test
  void policy_revoked_reachesTheNextRequestAtOnce() {
    FakeMesh mesh = mesh(secure());
    behaviour = call -> new Step.Answer(new LocalReply(403, 7, List.of(), "no", Reason.DENIED));
    mesh.update(Snapshots.builder().server(8080));
    admitted(mesh, FakeRequest.get("orders", "/"), FRIEND);
    mesh.update(gated());
    assertThat(denied(mesh.engine().inbound(8080).admit(FakeRequest.get("orders", "/"), FRIEND)))
        .isNotNull();
  }

  @Test
  void finish_twice_countsOnce() {
    FakeMesh mesh = mesh(secure());
    mesh.update(gated());
    InboundCall call = admitted(mesh, FakeRequest.get("orders", "/"), FRIEND);
    FakeResponse response = FakeResponse.http(200);
    call.response(response);
    assertThat(response.headers().get("gate")).isEqualTo("seen");
    call.finish(200, ResponseHead.NO_GRPC_STATUS);
    call.finish(0, ResponseHead.NO_GRPC_STATUS);
    assertThat(log).containsExactly("200 null");
  }
}

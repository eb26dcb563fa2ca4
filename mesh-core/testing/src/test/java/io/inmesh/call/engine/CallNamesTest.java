package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.call.OutboundCall;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallNamesTest extends OrdersCalls {
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
            "x-inmesh-first-sent",
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
}

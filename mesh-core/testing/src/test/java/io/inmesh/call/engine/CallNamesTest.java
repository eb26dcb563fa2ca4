package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.OutboundCall;
import io.inmesh.model.Egress;
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
                null,
                true,
                Duration.ofSeconds(1)),
            builder -> builder);
    mesh.update(Snapshots.builder().add("known.example", A));
    assertThat(mesh.engine().isMeshName(authority)).isEqualTo(ours);
  }

  @Test
  void name_ofTwoLabels_asksForServiceAndHost() {
    mesh.start(FakeRequest.get("orders.shop", "/"), transport).cancel();
    assertThat(mesh.wanted())
        .containsExactly("orders.shop.svc.cluster.local:80", "orders.shop:80", Egress.LISTENER);
  }

  @Test
  void name_grpcWithoutPort_asksForTheServicesGrpcPort() {
    mesh.start(FakeRequest.grpc("orders", "/s.S/M"), transport).cancel();
    assertThat(mesh.wanted()).contains("orders.default.svc.cluster.local");
  }
}

package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Failure;
import io.inmesh.call.Shadow;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.Mirror;
import io.inmesh.model.Route;
import io.inmesh.model.VirtualHost;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MirroringTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final String NEXT = Snapshots.clusterName("next", 80);
  private static final String OTHER = Snapshots.clusterName("other", 80);

  private final FakeMesh mesh = new FakeMesh();
  private final FakeTransport transport = mesh.transport().script(answer(200));

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  private Snapshots services() {
    return Snapshots.builder()
        .add("orders", endpoint("127.0.0.1", 1))
        .add("next", endpoint("127.0.0.1", 2))
        .add("other", endpoint("127.0.0.1", 3));
  }

  private void mirrored(TestRoute route) {
    mesh.update(services().routes("orders", 80, route));
  }

  private Shadow only() {
    assertThat(transport.shadows()).hasSize(1);
    return transport.shadows().get(0);
  }

  private static void over(Shadow shadow) {
    answer(200).accept(shadow);
  }

  @Test
  void copy_goesToTheMirror_beforeTheRequestIsSent() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(only().endpoint().address().getPort()).isEqualTo(2);
    assertThat(transport.ports()).containsExactly(1);
    assertThat(transport.delivered()).isNotNull();
    over(only());
  }

  @Test
  void copy_carriesTheShadowHost_andNoDeadline() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL).timeout(Duration.ofSeconds(1)));
    mesh.start(FakeRequest.get("orders:80", "/"), transport);
    FakeRequest copy = FakeRequest.get("orders:80", "/", "x-inmesh-timeout-ms", "7");
    only().decorate(copy);
    assertThat(copy.authority()).isEqualTo("orders-shadow:80");
    assertThat(copy.headers().get("x-inmesh-timeout-ms")).isNull();
    assertThat(copy.headers().get("x-envoy-attempt-count")).isEqualTo("1");
    over(only());
  }

  @Test
  void failureOfTheCopy_isNotTheCalls_andNotRetried() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL).retry(3, "5xx"));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    only().failed(Failure.CONNECT, null);
    mesh.clock().advanceMillis(10_000);
    assertThat(transport.shadows()).hasSize(1);
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void retriesOfTheCall_areNotCopied() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL).retry(2, "5xx"));
    transport.script(FakeTransport.inTurn(answer(503), answer(200)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(2);
    over(only());
  }

  @Test
  void silentMirror_isGivenUpAfterTheRoutesTimeout() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL).timeout(Duration.ofSeconds(1)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.abandoned()).containsExactly(only());
  }

  @Test
  void fraction_isDrawnPerRequest() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, new Fraction(30, 100)));
    int copies = 0;
    for (int i = 0; i < 2_000; i++) {
      FakeTransport one = mesh.transport().script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), one);
      copies += one.shadows().size();
      one.shadows().forEach(MirroringTest::over);
    }
    assertThat(copies).isBetween(540, 660);
  }

  @Test
  void severalMirrors_eachGetsACopy() {
    mirrored(TestRoute.any().to(ORDERS).mirror(NEXT, Fraction.ALL).mirror(OTHER, Fraction.ALL));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.shadows())
        .extracting(shadow -> shadow.endpoint().address().getPort())
        .containsExactly(2, 3);
    transport.shadows().forEach(MirroringTest::over);
  }

  @Test
  void mostSpecificLevel_thatHasAny_counts() {
    Route plain = TestRoute.any().to(ORDERS).build();
    Route own = TestRoute.exact("/own").to(ORDERS).mirror(OTHER, Fraction.ALL).build();
    mesh.update(
        services()
            .virtualHosts(
                "orders",
                80,
                new VirtualHost(
                    "orders",
                    List.of("*"),
                    List.of(own, plain),
                    HeaderChanges.NONE,
                    Map.of(),
                    null,
                    List.of(new Mirror(NEXT, Fraction.ALL, false)),
                    false)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(only().endpoint().address().getPort()).isEqualTo(2);
    over(only());
    FakeTransport second = mesh.transport().script(answer(200));
    mesh.start(FakeRequest.get("orders", "/own"), second);
    assertThat(second.shadows().get(0).endpoint().address().getPort()).isEqualTo(3);
    over(second.shadows().get(0));
  }

  @Test
  void missingMirror_changesNothing() {
    mirrored(TestRoute.any().to(ORDERS).mirror("nowhere", Fraction.ALL));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.shadows()).isEmpty();
    assertThat(transport.delivered()).isNotNull();
  }
}

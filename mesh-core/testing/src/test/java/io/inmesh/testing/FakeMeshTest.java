package io.inmesh.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.MeshException.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Policies in virtual time; also the example of docs/testing.md. */
@InmeshTest
class FakeMeshTest {
  private static TestRoute retrying(int attempts) {
    return TestRoute.any()
        .to(Snapshots.clusterName("orders", 80))
        .timeout(Duration.ofSeconds(2))
        .retry(attempts, "5xx");
  }

  @Test
  void failingEndpoint_isHiddenByRetries(FakeMesh mesh) {
    mesh.endpoint("orders").failing(1, 503);
    mesh.endpoint("orders").latency(Duration.ofMillis(20));
    mesh.routes("orders", retrying(1));
    for (int i = 0; i < 100; i++) {
      FakeTransport call = mesh.get("orders", "/");
      mesh.clock().advanceMillis(500);
      assertThat(call.delivered()).isNotNull();
    }
  }

  @Test
  void slowEndpoint_runsIntoTheTimeout(FakeMesh mesh) {
    mesh.endpoint("orders").latency(Duration.ofSeconds(3));
    mesh.routes("orders", retrying(0));
    FakeTransport call = mesh.get("orders", "/");
    mesh.clock().advanceMillis(1_999);
    assertThat(call.answered()).isFalse();
    mesh.clock().advanceMillis(2);
    assertThat(FakeMesh.failure(call).reason()).isEqualTo(Reason.TIMEOUT);
    mesh.clock().advanceMillis(1_000);
  }

  @Test
  void downEndpoint_isAvoided(FakeMesh mesh) {
    SimulatedEndpoint down = mesh.endpoint("orders").down();
    SimulatedEndpoint up = mesh.endpoint("orders");
    for (int i = 0; i < 50; i++) {
      FakeTransport call = mesh.get("orders", "/");
      mesh.clock().advanceMillis(500);
      assertThat(call.delivered()).isNotNull();
    }
    assertThat(down.requests()).isZero();
    assertThat(up.requests()).isEqualTo(50);
  }

  /** A call every minute for a thousand hours, an endpoint that fails a tenth of the time. */
  @Test
  void thousandHours_passInAMoment_theSameWayEachTime(FakeMesh mesh) {
    FakeMesh again = new FakeMesh();
    assertThat(thousandHours(again)).isEqualTo(thousandHours(mesh));
  }

  private static long thousandHours(FakeMesh mesh) {
    SimulatedEndpoint bad = mesh.endpoint("orders").failing(0.1, 503).latency(Duration.ofMillis(5));
    mesh.endpoint("orders").latency(Duration.ofMillis(5));
    mesh.routes("orders", retrying(2));
    int minutes = 1_000 * 60;
    for (int i = 0; i < minutes; i++) {
      FakeTransport call = mesh.get("orders", "/");
      mesh.clock().advanceMillis(60_000);
      assertThat(call.delivered()).isNotNull();
    }
    assertThat((double) bad.requests() / minutes).isCloseTo(0.5, within(0.05));
    return bad.requests();
  }

  @Test
  void assertQuiet_withACallInFlight_fails() {
    FakeMesh mesh = new FakeMesh();
    mesh.endpoint("orders").latency(Duration.ofSeconds(1));
    FakeTransport call = mesh.get("orders", "/");
    assertThat(call.answered()).isFalse();
    assertThatThrownBy(mesh::assertQuiet).isInstanceOf(AssertionError.class);
  }
}

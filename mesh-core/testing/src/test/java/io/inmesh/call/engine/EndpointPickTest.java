package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.testing.FakeHeaders;
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
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which endpoint calls get: by latency, by hash, while connections are being made. */
class EndpointPickTest extends EndpointCalls {
  // ---- latency ----

  private static final Algorithm EWMA =
      new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null);
  private static final Algorithm PENALISING =
      new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), Duration.ofSeconds(5));

  private Consumer<Attempt> after(long millis, int status, String... headers) {
    return attempt -> {
      mesh.clock().advanceMillis(millis);
      answer(status, headers).accept(attempt);
    };
  }

  @Test
  void peakEwma_slowEndpoint_getsLittle() {
    update(2, EWMA, null, null);
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      get(onPort(2, after(200, 200), after(5, 200)))
          .ports()
          .forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    assertThat(ports.getOrDefault(2, 0)).isLessThan(5);
  }

  @Test
  void peakEwma_fastFailures_attractTraffic_unlessPenalised() {
    for (boolean penalise : List.of(false, true)) {
      update(2, penalise ? PENALISING : EWMA, null, null);
      Map<Integer, Integer> ports = new TreeMap<>();
      for (int i = 0; i < 500; i++) {
        get(onPort(2, after(1, 429), after(20, 200)))
            .ports()
            .forEach(port -> ports.merge(port, 1, Integer::sum));
      }
      int failing = ports.getOrDefault(2, 0);
      if (penalise) {
        assertThat(failing).isLessThan(10);
      } else {
        assertThat(failing).isGreaterThan(450);
      }
    }
  }

  /** How long a stream lasts, and how it ends, is not how long its host takes to answer. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void peakEwma_longStream_isNoSlowEndpoint(boolean ends) {
    update(2, EWMA, null, null);
    for (int i = 0; i < 20; i++) {
      call(
          FakeRequest.grpc("orders", "/s/M"),
          attempt -> {
            attempt.sent();
            mesh.clock().advanceMillis(40);
            attempt.head(FakeResponse.http(200));
            attempt.progress();
            boolean longOne = attempt.endpoint().address().getPort() == 2;
            mesh.clock().advanceMillis(longOne ? 600_000 : 0);
            if (ends) {
              attempt.end(0, FakeHeaders.of());
            } else {
              attempt.failed(Failure.RESET, null);
            }
          });
    }
    assertThat(used(after(40, 200))).containsExactly(1, 2);
  }

  /** Some servers send the head before they do anything. */
  @Test
  void peakEwma_earlyHead_isNoAnswer() {
    update(2, EWMA, null, null);
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      call(
              FakeRequest.grpc("orders", "/s/M"),
              attempt -> {
                attempt.sent();
                attempt.head(FakeResponse.http(200));
                mesh.clock().advanceMillis(attempt.endpoint().address().getPort() == 2 ? 200 : 5);
                attempt.end(0, FakeHeaders.of());
              })
          .ports()
          .forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    assertThat(ports.getOrDefault(2, 0)).isLessThan(5);
  }

  // ---- hashing ----

  @Test
  void hashPolicy_sameKey_sameEndpoint() {
    update(
        10,
        new Algorithm.RingHash(1024, 8 << 20),
        null,
        null,
        new HashPolicy.Header("x-user", null, null, false));
    Map<String, Integer> byUser = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      String user = "user-" + i % 30;
      int port = call(FakeRequest.get("orders", "/", "x-user", user), answer(200)).ports().get(0);
      assertThat(port).isEqualTo(byUser.computeIfAbsent(user, first -> port));
    }
    assertThat(Set.copyOf(byUser.values())).hasSizeGreaterThan(5);
  }

  @Test
  void hashCookie_isSetOnce_andThenSticks() {
    update(
        10,
        new Algorithm.Maglev(65_537),
        null,
        null,
        new HashPolicy.Cookie("s", Duration.ofMinutes(5), "/", false));
    FakeResponse response = FakeResponse.http(200);
    FakeTransport first =
        get(
            attempt -> {
              attempt.sent();
              attempt.head(response);
              attempt.end(ResponseHead.NO_GRPC_STATUS, null);
            });
    String cookie = Objects.requireNonNull(response.headers().get("set-cookie"));
    assertThat(cookie).startsWith("s=\"");
    String pair = cookie.substring(0, cookie.indexOf(';'));
    for (int i = 0; i < 20; i++) {
      assertThat(call(FakeRequest.get("orders", "/", "cookie", pair), answer(200)).ports())
          .isEqualTo(first.ports());
    }
  }

  // ---- connections that are being made ----

  private static Usable connecting(int... ports) {
    return new Usable() {
      @Override
      public boolean usable(Endpoint endpoint) {
        return !pending(endpoint);
      }

      @Override
      public boolean pending(Endpoint endpoint) {
        return IntStream.of(ports).anyMatch(port -> port == endpoint.address().getPort());
      }
    };
  }

  @Test
  void hashedRequest_waitsForItsEndpoint_ratherThanTakeAnother() {
    update(
        4,
        new Algorithm.Maglev(251),
        null,
        null,
        new HashPolicy.Header("x-user", null, null, false));
    FakeRequest request = FakeRequest.get("orders", "/", "x-user", "ann");
    int port = call(request, answer(200)).ports().get(0);
    FakeTransport waiting = mesh.transport().usable(connecting(port));
    mesh.start(request, waiting);
    assertThat(waiting.lastPick()).isEqualTo(Attempt.Pick.NONE);
  }

  @Test
  void betterPriority_isWaitedFor() {
    String name = Snapshots.clusterName("orders", 80);
    LocalityEndpoints near =
        new LocalityEndpoints(Locality.UNKNOWN, 0, 1, List.of(Snapshots.endpoint("10.0.0.1", 1)));
    LocalityEndpoints far =
        new LocalityEndpoints(
            new Locality("far", "", ""), 1, 1, List.of(Snapshots.endpoint("10.0.0.1", 2)));
    mesh.update(
        Snapshots.builder()
            .routes("orders", 80, TestRoute.any().to(name))
            .cluster(Snapshots.cluster(name, "orders", List.of(near, far))));
    FakeTransport waiting = mesh.transport().usable(connecting(1));
    mesh.start(FakeRequest.get("orders", "/"), waiting);
    assertThat(waiting.lastPick()).isEqualTo(Attempt.Pick.NONE);
    FakeTransport failing = mesh.transport().usable(endpoint -> endpoint.address().getPort() == 2);
    failing.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), failing);
    assertThat(failing.ports()).as("where it cannot be reached, the other is").containsExactly(2);
  }

  @Test
  void connectedEndpoint_goesBeforeOneOfTheSamePriority_thatConnects() {
    update(3, new Algorithm.RoundRobin(), null, null);
    for (int i = 0; i < 6; i++) {
      FakeTransport transport = mesh.transport().usable(connecting(1, 2)).script(answer(200));
      mesh.start(FakeRequest.get("orders", "/"), transport);
      assertThat(transport.ports()).containsExactly(3);
    }
  }
}

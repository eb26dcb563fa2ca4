package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.http.server.ServerSettings;
import io.inmesh.model.RouteAction;
import io.inmesh.testing.Snapshots;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes of calls when servers are full, gone, stopping or unknown, and when none is asked. */
@Timeout(60)
class AvailabilityTest {
  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @ParameterizedTest
  @EnumSource
  void moreCallsThanStreams_allSucceed(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.serverSettings = ServerSettings.DEFAULT.withMaxStreams(4);
      AtomicInteger together = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      CountDownLatch moreThanOneConnectionTakes = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            most.accumulateAndGet(together.incrementAndGet(), Math::max);
            if (most.get() > 4) {
              moreThanOneConnectionTakes.countDown();
            }
            if (wire.http2()) {
              Gate.await(moreThanOneConnectionTakes);
            }
            together.decrementAndGet();
            Rig.ECHO.handle(exchange);
          });
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(rig.client().sendAsync(Rig.request("/" + i).build(), BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> each : all) {
        assertThat(each.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      if (wire.http2()) {
        assertThat(rig.stats().connections()).as("a second connection").isGreaterThan(1);
        assertThat(most.get()).isGreaterThan(4);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusedConnection_goesToTheNextEndpoint(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(closedPort(), server.getAddress().getPort());
      for (int i = 0; i < 10; i++) {
        // also bodies that can be sent only once: nothing of them was sent
        assertThat(rig.post("/", BodyPublishers.ofByteArrays(List.of(new byte[10]))).statusCode())
            .isEqualTo(200);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyListening_failsWithTheHistory(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(closedPort());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure -> {
                assertThat(failure.reason())
                    .isIn(Reason.CONNECTION_FAILURE, Reason.RETRIES_EXHAUSTED);
                assertThat(failure.attempts()).isNotEmpty();
                assertThat(failure.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().startsWith("nobodyListening"));
              });
    }
  }

  @Test
  void unknownService_failsWithItsReason() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.engine.update(
          Snapshots.builder()
              .absent(
                  "orders.default.svc.cluster.local:80", "orders.svc.cluster.local:80", "orders:80")
              .build());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure -> assertThat(failure.reason()).isEqualTo(Reason.NO_SUCH_SERVICE));
    }
  }

  @Test
  void callBeforeTheFirstConfiguration_waitsForIt() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      CompletableFuture<HttpResponse<String>> early =
          rig.client().sendAsync(Rig.request("/early").build(), BodyHandlers.ofString());
      assertThat(early).isNotDone();
      rig.orders(server);
      assertThat(early.get(20, TimeUnit.SECONDS).body()).isEqualTo("GET /early ");
    }
  }

  @Test
  void localReply_isAnOrdinaryResponse() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.update(
          new int[] {closedPort()},
          route -> route.action(new RouteAction.DirectResponse(418, "short and stout")));
      HttpResponse<String> response = rig.get("/");
      assertThat(response.statusCode()).isEqualTo(418);
      assertThat(response.body()).isEqualTo("short and stout");
      assertThat(MeshHttpResponse.attemptsOf(response)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void serverRestart_isSurvived(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer first = rig.server(Rig.ECHO);
      rig.orders(first);
      assertThat(rig.get("/1").statusCode()).isEqualTo(200);
      int port = first.getAddress().getPort();
      first.stop(1);
      rig.server(port, Rig.ECHO);
      assertThat(rig.get("/2").statusCode()).isEqualTo(200);
    }
  }

  private static boolean listens(MeshHttpServer server) {
    try {
      new Socket(server.getAddress().getAddress(), server.getAddress().getPort()).close();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource
  void stoppingServer_finishesWhatItHasAndRefusesNothing(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      MeshHttpServer old = rig.server(gate);
      rig.orders(old);
      CompletableFuture<HttpResponse<String>> slow =
          rig.client().sendAsync(Rig.request("/slow").build(), BodyHandlers.ofString());
      gate.entered.await();
      MeshHttpServer next = rig.server(Rig.ECHO);
      rig.orders(old, next);
      Thread stopping = new Thread(() -> old.stop(10));
      stopping.start();
      // A kernel breaks off what it has accepted and nobody has taken when a port is closed.
      Rig.await(() -> !listens(old));
      for (int i = 0; i < 20; i++) {
        assertThat(rig.post("/" + i, BodyPublishers.ofString("x")).statusCode()).isEqualTo(200);
      }
      gate.open.countDown();
      assertThat(slow.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      stopping.join(10_000);
      assertThat(stopping.isAlive()).isFalse();
    }
  }
}

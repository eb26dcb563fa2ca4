package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.call.Peer;
import io.inmesh.http.netty.TransportSettings;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.ConnectionPolicy.Preconnect;
import io.inmesh.testing.RawHttp2;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections: how many there are, how long they live, and what their end means for calls. */
@Timeout(60)
class PoolTest {
  private static TransportSettings settings(
      Duration idle, Duration age, int connections, int wait) {
    TransportSettings usual = TransportSettings.DEFAULT;
    return new TransportSettings(
        null,
        idle,
        age,
        connections,
        wait,
        usual.window(),
        usual.maxHeaderBytes(),
        usual.nativeTls());
  }

  @ParameterizedTest
  @EnumSource
  void idleConnection_isClosed(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.clientSettings = settings(Duration.ofMillis(50), Duration.ofHours(1), 10, 10);
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(server);
      rig.get("/");
      Rig.await(() -> rig.stats().connections() == 0);
      Rig.await(() -> server.acceptor().connections() == 0);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @EnumSource
  void agedConnection_takesNoMoreCalls_andThoseItHasGoOn(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.clientSettings = settings(Duration.ofMinutes(1), Duration.ofMillis(1), 10, 10);
      Gate gate = new Gate();
      MeshHttpServer server =
          rig.server(
              exchange -> {
                if (exchange.getRequestURI().getPath().equals("/slow")) {
                  gate.handle(exchange);
                } else {
                  Rig.ECHO.handle(exchange);
                }
              });
      rig.orders(server);
      CompletableFuture<HttpResponse<String>> slow =
          rig.client().sendAsync(Rig.request("/slow").build(), BodyHandlers.ofString());
      gate.entered.await();
      // A second connection, although the first could take a call over HTTP/2: it is too old.
      Rig.await(
          () -> {
            try {
              return rig.get("/").statusCode() == 200 && server.acceptor().connections() > 1;
            } catch (IOException | InterruptedException failed) {
              throw new AssertionError(failed);
            }
          });
      gate.open.countDown();
      assertThat(slow.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      Rig.await(() -> rig.stats().connections() <= 1);
    }
  }

  @Test
  void limitOfConnections_makesCallsWait() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.clientSettings = settings(Duration.ofMinutes(1), Duration.ofHours(1), 2, 100);
      Gate gate = new Gate();
      MeshHttpServer server = rig.server(gate);
      rig.orders(server);
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      }
      gate.entered.await();
      Rig.await(() -> rig.stats().waiting() == 18);
      gate.open.countDown();
      for (CompletableFuture<HttpResponse<String>> each : all) {
        assertThat(each.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      assertThat(rig.stats().connections()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void tooManyWaiting_failAtOnce() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.clientSettings = settings(Duration.ofMinutes(1), Duration.ofHours(1), 1, 2);
      Gate gate = new Gate();
      rig.orders(rig.server(gate));
      List<CompletableFuture<HttpResponse<String>>> admitted = new ArrayList<>();
      admitted.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      gate.entered.await();
      for (int i = 0; i < 2; i++) {
        admitted.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      }
      Rig.await(() -> rig.stats().waiting() == 2);
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOf(MeshException.class)
          .hasStackTraceContaining("wait for a connection");
      gate.open.countDown();
      for (CompletableFuture<HttpResponse<String>> each : admitted) {
        assertThat(each.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void cancelWhileWaiting_leavesTheQueue(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire);
        RawServer silent = new RawServer((socket, n) -> socket.getInputStream().readAllBytes())) {
      rig.clientSettings = settings(Duration.ofMinutes(1), Duration.ofHours(1), 1, 10);
      rig.orders(silent.port());
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      }
      Rig.await(() -> rig.stats().waiting() >= 2);
      all.forEach(each -> each.cancel(true));
      Rig.await(() -> rig.stats().waiting() == 0 && rig.stats().active() == 0);
    }
  }

  /** Speaks HTTP/2, but to every request it says the same. */
  private static void answerAll(Socket socket, Answer answer) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    out.write(new byte[] {0, 0, 0, RawHttp2.SETTINGS, 0, 0, 0, 0, 0});
    in.skipNBytes(24);
    while (true) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      in.skipNBytes(1);
      int stream = in.readInt();
      in.skipNBytes(length);
      if (type == RawHttp2.HEADERS) {
        answer.write(out, stream);
        out.flush();
      }
    }
  }

  private interface Answer {
    /** No stream was processed. */
    Answer GO_AWAY =
        (out, stream) ->
            out.write(new byte[] {0, 0, 8, RawHttp2.GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});

    void write(DataOutputStream out, int stream) throws IOException;

    static Answer reset(int code) {
      return (out, stream) -> {
        out.write(new byte[] {0, 0, 4, RawHttp2.RST_STREAM, 0});
        out.writeInt(stream);
        out.writeInt(code);
      };
    }
  }

  /** What a peer says that did not process a request: even a POST may go somewhere else. */
  @ParameterizedTest
  @ValueSource(strings = {"GOAWAY", "REFUSED_STREAM"})
  void unprocessedPost_goesToTheNextEndpoint(String how) throws Exception {
    Answer answer = how.equals("GOAWAY") ? Answer.GO_AWAY : Answer.reset(7);
    AtomicInteger refused = new AtomicInteger();
    try (Rig rig = new Rig(Wire.H2C);
        RawServer refusing =
            new RawServer(
                (socket, n) -> {
                  refused.incrementAndGet();
                  answerAll(socket, answer);
                })) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(refusing.port(), server.getAddress().getPort());
      for (int i = 0; i < 10 || refused.get() == 0; i++) { // until chance has tried it first
        assertThat(rig.post("/", BodyPublishers.ofString("x")).body()).isEqualTo("POST / x");
      }
    }
  }

  @Test
  void postThatWasResetAfterItWasSent_isNotRepeated() throws Exception {
    try (Rig rig = new Rig(Wire.H2C);
        RawServer resetting = new RawServer((socket, n) -> answerAll(socket, Answer.reset(2)))) {
      rig.orders(resetting.port());
      assertThatThrownBy(() -> rig.post("/", BodyPublishers.ofString("x")))
          .isInstanceOfSatisfying(
              MeshException.class, failure -> assertThat(failure.attempts()).hasSize(1));
    }
  }

  private static ConnectionPolicy policy(@Nullable Duration age, int requests, int streams) {
    return new ConnectionPolicy(
        Duration.ofHours(1), age, requests, streams, null, null, Preconnect.NONE);
  }

  private static ConnectionPolicy ahead(Preconnect preconnect) {
    return new ConnectionPolicy(Duration.ofHours(1), null, 0, 0, null, null, preconnect);
  }

  private static long connectionsSeen(Rig rig) {
    return rig.inbound.peers.stream().map(Peer::address).distinct().count();
  }

  @ParameterizedTest
  @EnumSource
  void clustersLimitOfRequests_replacesConnections(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.connections = policy(null, 3, 0);
      rig.orders(Rig.ECHO);
      for (int i = 0; i < 9; i++) {
        assertThat(rig.post("/", BodyPublishers.ofString("x")).statusCode()).isEqualTo(200);
      }
      assertThat(connectionsSeen(rig)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"H2C", "H2_TLS"})
  void clustersLimitOfStreams_opensMoreConnections(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.connections = policy(null, 0, 2);
      Gate gate = new Gate();
      rig.orders(gate);
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        all.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      }
      Rig.await(() -> rig.inbound.peers.size() == 6);
      gate.open.countDown();
      for (CompletableFuture<HttpResponse<String>> each : all) {
        assertThat(each.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      assertThat(connectionsSeen(rig)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource({"HTTP1, 1, 3", "HTTP1, 1.5, 5", "HTTP1, 2, 6", "H2C, 2, 1"})
  void preconnectRatio_isThatOfConnectionsToCalls(Wire wire, double ratio, int connections)
      throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.connections = ahead(new Preconnect(ratio, 1));
      Gate gate = new Gate();
      MeshHttpServer server = rig.server(gate);
      rig.orders(server);
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString()));
      }
      Rig.await(() -> rig.inbound.peers.size() == 3 && rig.stats().connections() == connections);
      assertThat(rig.stats().connecting()).isZero();
      gate.open.countDown();
      for (CompletableFuture<HttpResponse<String>> each : all) {
        assertThat(each.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
    }
  }

  /** One for the request, the others where the next ones will probably go. */
  @ParameterizedTest
  @CsvSource({
    "HTTP1, 1, 4, 1",
    "HTTP1, 2, 4, 2",
    "HTTP1, 3, 4, 3",
    "HTTP1, 3, 2, 2",
    "H2C, 2, 4, 2",
    "HTTP1_TLS, 2, 4, 2",
    "H2_TLS, 2, 4, 2"
  })
  void predictiveRatio_connectsToThoseThatAreNext(
      Wire wire, double ratio, int endpoints, int connections) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.connections = ahead(new Preconnect(1, ratio));
      Gate gate = new Gate();
      MeshHttpServer[] servers = new MeshHttpServer[endpoints];
      for (int i = 0; i < endpoints; i++) {
        servers[i] = rig.server(gate);
      }
      rig.orders(servers);
      CompletableFuture<HttpResponse<String>> call =
          rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      Rig.await(
          () ->
              rig.inbound.peers.size() == 1
                  && rig.stats().connections() == connections
                  && rig.stats().connecting() == 0);
      gate.open.countDown();
      assertThat(call.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      // One request at a time needs no more of them.
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      assertThat(rig.stats().connections()).isLessThanOrEqualTo(connections + 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void clustersMaximumDuration_replacesConnections(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.connections = policy(Duration.ofMillis(1), 0, 0);
      rig.orders(Rig.ECHO);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      Rig.await(() -> rig.stats().connections() == 0);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      assertThat(connectionsSeen(rig)).isEqualTo(2);
    }
  }
}

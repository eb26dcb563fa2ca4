package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that break HTTP/1.1, or just break. */
@SuppressWarnings("StringConcatToTextBlock") // the wire's line ends are meant to be seen
@Timeout(60)
class HostileServerTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\r\n\r\n",
        "HTTP/1.1 banana OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      })
  void invalidResponse_failsTheCall(String response) throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, response);
                  RawServer.readHead(socket);
                })) {
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure ->
                  assertThat(failure.reason())
                      .isIn(Reason.PROTOCOL_ERROR, Reason.RETRIES_EXHAUSTED));
      Rig.await(() -> rig.stats().connections() == 0);
    }
  }

  @Test
  void hugeHead_failsTheCall() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(
                      socket, "HTTP/1.1 200 OK\r\nx: " + "y".repeat(200_000) + "\r\n\r\n");
                })) {
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
    }
  }

  @Test
  void tooManyFields_failTheCall() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(
                      socket,
                      "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(101) + "Content-Length: 0\r\n\r\n");
                })) {
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/")).isInstanceOf(MeshException.class);
    }
  }

  @Test
  void closeInTheMiddleOfTheBody_failsTheBody() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                })) {
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOf(IOException.class)
          .hasStackTraceContaining("the response broke off");
    }
  }

  @Test
  void bodyUntilTheConnectionCloses_isDelivered() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
                })) {
      rig.orders(server.port());
      assertThat(rig.get("/").body()).isEqualTo("until the end");
      Rig.await(() -> rig.stats().connections() == 0);
    }
  }

  @Test
  void informationalResponsesAndTrailers_areTolerated() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  for (int i = 0; i < 2; i++) {
                    RawServer.readHead(socket);
                    RawServer.say(
                        socket,
                        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                            + "HTTP/1.1 102 Processing\r\n\r\n"
                            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "3;ext=1\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n");
                  }
                })) {
      rig.orders(server.port());
      assertThat(rig.get("/").body()).isEqualTo("abc");
      assertThat(rig.get("/").body()).isEqualTo("abc");
      assertThat(server.accepted.get()).isEqualTo(1);
    }
  }

  @Test
  void keepAliveConnectionClosedByThePeer_isNoticedWhileIdle() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, OK);
                })) {
      rig.orders(server.port());
      for (int i = 0; i < 5; i++) {
        assertThat(rig.post("/", BodyPublishers.ofString("x")).body()).isEqualTo("ok");
        Rig.await(() -> rig.stats().connections() == 0);
      }
    }
  }

  @Test
  void answerToNothing_closesTheConnection() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, OK + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                  RawServer.readHead(socket);
                })) {
      rig.orders(server.port());
      assertThat(rig.get("/").body()).isEqualTo("ok");
      assertThat(rig.get("/").body()).isEqualTo("ok");
      assertThat(server.accepted.get()).isEqualTo(2);
    }
  }

  @Test
  void answerBeforeTheEndOfTheRequest_isDelivered() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, number) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
                  while (socket.getInputStream().read() >= 0) {
                    // take what is on its way
                  }
                })) {
      rig.orders(server.port());
      AtomicInteger parts = new AtomicInteger();
      HttpRequest request =
          Rig.request("/")
              .POST(
                  BodyPublishers.ofByteArrays(
                      () ->
                          java.util.stream.Stream.generate(
                                  () -> {
                                    parts.incrementAndGet();
                                    return new byte[10_000];
                                  })
                              .iterator()))
              .build();
      HttpResponse<String> response = rig.client().send(request, BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(413);
      Rig.await(() -> rig.stats().connections() == 0);
    }
  }

  @Test
  void http2PeerThatSpeaksSomethingElse_isAConnectFailure() throws Exception {
    try (Rig rig = new Rig(Wire.H2C);
        RawServer server =
            new RawServer((socket, number) -> RawServer.say(socket, "SSH-2.0-OpenSSH_9.9\r\n"))) {
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure ->
                  assertThat(failure.reason())
                      .isIn(Reason.CONNECTION_FAILURE, Reason.RETRIES_EXHAUSTED));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H2C", "H2_TLS"})
  void peerThatNeverFinishesTheHandshake_timesOut(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire);
        RawServer server =
            new RawServer((socket, number) -> socket.getInputStream().readAllBytes())) {
      rig.connectTimeout = Duration.ofMillis(200);
      rig.orders(server.port());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOf(MeshException.class)
          .hasMessageContaining("no connection to");
      assertThat(rig.stats().connecting()).isZero();
    }
  }
}

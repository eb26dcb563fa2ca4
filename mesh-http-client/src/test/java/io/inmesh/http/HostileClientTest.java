package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.http.server.ServerSettings;
import io.inmesh.model.ServerConnectionPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients that break HTTP/1.1. Whatever could be understood in two ways, which is how requests are
 * smuggled, is refused and the connection closed: nothing that follows is taken for a request.
 */
@SuppressWarnings("StringConcatToTextBlock") // the wire's line ends are meant to be seen
@Timeout(60)
class HostileClientTest {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final ServerSettings SETTINGS = ServerSettings.DEFAULT.withMaxBodyBytes(1000);

  /** A connection on which nothing has come by then is closed without a word. */
  private static final Duration ENOUGH_TO_BEGIN = Duration.ofSeconds(2);

  private static Arguments of(int status, String lines, String body) {
    return Arguments.of(status, lines.replace("\n", "\r\n") + "\r\n\r\n" + body);
  }

  private static Arguments head(int status, String lines) {
    return of(status, lines, "");
  }

  private static Arguments field(int status, String field) {
    return head(status, "GET / HTTP/1.1\nHost: x\n" + field);
  }

  private static Arguments chunks(String body) {
    return of(400, "POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked", body);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        head(400, "garbage"),
        head(400, "GET / HTTP/1.1"),
        head(400, "GET / HTTP/1.1\nHost: a\nHost: b"),
        head(400, "GET / HTTP/1.1\nHost: a/b"),
        head(400, "GET / HTTP/1.1\nHost: user@a"),
        head(400, "GET / HTTP/1.1\nHost: a, b"),
        head(400, "GET orders HTTP/1.1\nHost: x"),
        head(400, "CONNECT orders:80 HTTP/1.1\nHost: x"),
        head(400, "GET http://user@orders/ HTTP/1.1\nHost: x"),
        head(400, "G(T / HTTP/1.1\nHost: x"),
        head(400, "GET / HTTP/x.1\nHost: x"),
        head(505, "GET / HTTP/3.0\nHost: x"),
        field(400, "no colon"),
        field(400, "X : space before the colon"),
        field(400, "X: a\u0000b"),
        field(400, "X: a\rb"),
        field(400, ": no name"),
        // one field in two lines
        field(400, "X: a\n b"),
        field(400, "Transfer-Encoding:\n\tchunked"),
        field(400, "X: a\n "),
        // bare line feeds
        Arguments.of(400, "GET / HTTP/1.1\nHost: x\n\n"),
        Arguments.of(400, "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"),
        // two lengths, and lengths that are none
        field(400, "Content-Length: 5\nTransfer-Encoding: chunked"),
        field(400, "Transfer-Encoding: chunked\nContent-Length: 0"),
        field(400, "Content-Length: 5\nContent-Length: 6"),
        field(400, "Content-Length: 5\nContent-Length: 5"),
        field(400, "Content-Length: 5, 5"),
        field(400, "Content-Length: +5"),
        field(400, "Content-Length: -5"),
        field(400, "Content-Length: 0x5"),
        field(400, "Content-Length: 5 5"),
        field(400, "Content-Length: 99999999999999999999"),
        // codings
        field(400, "Transfer-Encoding: gzip"),
        field(400, "Transfer-Encoding: xchunked"),
        field(400, "Transfer-Encoding: chunked, gzip"),
        field(400, "Transfer-Encoding: chunked, chunked"),
        field(400, "Transfer-Encoding: chunked\nTransfer-Encoding: identity"),
        head(400, "POST / HTTP/1.0\nHost: x\nTransfer-Encoding: chunked"),
        field(501, "Transfer-Encoding: gzip, chunked"),
        field(417, "Expect: the-unexpected"),
        chunks("zz\r\n\r\n"),
        chunks("-1\r\n\r\n"),
        chunks("\r\n\r\n"),
        chunks("0x5\r\nhello\r\n"),
        chunks("5 \r\nhello\r\n"),
        chunks("ffffffffffffffff1\r\nhello\r\n"),
        chunks("5\r\nhello0\r\n\r\n"),
        chunks("5\nhello\r\n0\r\n\r\n"),
        // limits
        head(414, "GET /" + "x".repeat(20_000) + " HTTP/1.1\nHost: x"),
        field(431, "X: " + "y".repeat(70_000)),
        field(431, "X: " + "y".repeat(30_000) + "\nY: " + "y".repeat(40_000)),
        field(431, String.join("\n", List.of("X: y\n".repeat(101).strip().split("\n")))),
        field(413, "Content-Length: 1001"),
        of(
            413,
            "POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked",
            "400\r\n" + "z".repeat(1024) + "\r\n0\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(int status, String request) throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.serverSettings = SETTINGS;
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      String answer = RawClient.exchange(server, request + SMUGGLED);
      assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
      assertThat(answer.toLowerCase(Locale.ROOT)).contains("connection: close");
      assertThat(answer.split("HTTP/1.1 ", -1)).as("one answer").hasSize(2);
      assertThat(answer).doesNotContain("smuggled");
      Rig.await(() -> rig.inbound.counted().equals(List.of(status)));
    }
  }

  @Test
  void foldedField_isRefused_whereverTheSegmentsEnd() throws Exception {
    String request = "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n";
    try (Rig rig = new Rig(Wire.HTTP1)) {
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      for (int cut = 1; cut < request.length(); cut++) {
        try (RawClient client = new RawClient(server)) {
          client.say(request.substring(0, cut));
          Rig.await(() -> rig.inbound.peers.isEmpty());
          client.say(request.substring(cut));
          assertThat(client.readToEnd()).startsWith("HTTP/1.1 400 ");
        }
      }
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder_upToTheFirstInvalidOne() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      String answer =
          RawClient.exchange(
              server,
              "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
                  + "hello"
                  + "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + "3\r\nabc\r\n0\r\nTrailer: t\r\n\r\n"
                  + "GET /3 HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"
                  + SMUGGLED);
      assertThat(answer).containsSubsequence("POST /1 hello", "POST /2 abc", "HTTP/1.1 400 ");
      assertThat(answer).doesNotContain("GET /3").doesNotContain("smuggled");
    }
  }

  @Test
  void refusal_isSeen_byAPeerThatReadsOnlyAfterItHasSentAll() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.serverSettings = SETTINGS;
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      try (RawClient client = new RawClient(server)) {
        client.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
        for (int i = 0; i < 20; i++) {
          client.say("z".repeat(10_000));
        }
        client.socket.shutdownOutput();
        assertThat(client.readToEnd()).startsWith("HTTP/1.1 413 ");
      }
    }
  }

  @Test
  void endlessRequest_afterItsAnswer_isCutOff() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      MeshHttpServer server =
          rig.server(
              exchange -> {
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
              });
      try (RawClient client = new RawClient(server.getAddress())) {
        client.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        long sent = 0;
        String chunk = "2000\r\n" + "z".repeat(0x2000) + "\r\n";
        try {
          while (sent < 100_000_000) {
            client.say(chunk);
            sent += 0x2000;
          }
        } catch (IOException cutOff) {
          assertThat(sent).isPositive();
        }
        assertThat(sent).isLessThan(100_000_000);
      }
    }
  }

  @Test
  void slowHead_isAnsweredWith408() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.serverSettings =
          SETTINGS.withTimeouts(ENOUGH_TO_BEGIN, Duration.ofSeconds(60), Duration.ofSeconds(60));
      InetSocketAddress server = rig.server(Rig.ECHO).getAddress();
      assertThat(RawClient.exchange(server, "GET / HTTP/1.1\r\nHost:")).startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void silentConnection_isClosed() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.serverSettings =
          SETTINGS.withTimeouts(ENOUGH_TO_BEGIN, Duration.ofSeconds(60), Duration.ofMillis(100));
      rig.inbound.connections = headersTimeout(Duration.ZERO); // there is no request yet
      MeshHttpServer server = rig.server(Rig.ECHO);
      assertThat(RawClient.exchange(server.getAddress(), "")).isEmpty();
      assertThat(
              RawClient.exchange(
                  server.getAddress(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"))
          .as("an idle connection is closed without another answer")
          .endsWith("POST / ok");
      Rig.await(() -> server.acceptor().connections() == 0);
    }
  }

  private static ServerConnectionPolicy headersTimeout(Duration limit) {
    return new ServerConnectionPolicy(null, null, 0, limit, null, null);
  }

  @Test
  void headersTimeout_isNotForHandshakes() throws Exception {
    try (Rig rig = new Rig(Wire.H2_TLS)) {
      rig.inbound.connections = headersTimeout(Duration.ofMillis(1));
      rig.orders(Rig.ECHO);
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @EnumSource
  void bodyThatStalls_isAnsweredWith408(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.serverSettings =
          ServerSettings.DEFAULT.withTimeouts(
              Duration.ofSeconds(10), Duration.ofMillis(200), Duration.ofSeconds(60));
      rig.orders(
          exchange -> {
            try {
              exchange.getRequestBody().readAllBytes();
            } finally {
              exchange.close();
            }
          });
      HttpResponse<String> response =
          rig.post("/", BodyPublishers.fromPublisher(new Silent(), 10_000_000));
      assertThat(response.statusCode()).isEqualTo(408);
      Rig.await(() -> rig.inbound.counted().equals(List.of(408)));
    }
  }

  /** Within the time that the mesh's configuration gives it, whether or not it moves. */
  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "H2C"})
  void requestThatTakesTooLong_isAnsweredWith408(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.inbound.connections =
          new ServerConnectionPolicy(null, null, 0, null, Duration.ofMillis(200), null);
      rig.orders(Rig.ECHO);
      assertThat(rig.post("/", BodyPublishers.fromPublisher(new Silent(), 10_000_000)).statusCode())
          .isEqualTo(408);
    }
  }

  @ParameterizedTest
  @EnumSource
  void responseThatIsNotTaken_isCutOff(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.serverSettings =
          ServerSettings.DEFAULT.withTimeouts(
              Duration.ofSeconds(10), Duration.ofMillis(200), Duration.ofSeconds(60));
      CountDownLatch headTaken = new CountDownLatch(1);
      CountDownLatch cutOff = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            try {
              headTaken.await();
              while (true) {
                exchange.getResponseBody().write(new byte[100_000]);
              }
            } catch (InterruptedException stopped) {
              Thread.currentThread().interrupt();
            } catch (IOException broken) {
              cutOff.countDown();
              throw broken;
            }
          });
      HttpResponse<InputStream> response =
          rig.client().send(Rig.request("/").build(), HttpResponse.BodyHandlers.ofInputStream());
      headTaken.countDown();
      assertThat(cutOff.await(20, TimeUnit.SECONDS)).isTrue();
      response.body().close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void bodyBeyondTheLimit_isAnsweredWith413(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.serverSettings = SETTINGS;
      rig.orders(Rig.ECHO);
      byte[] tooMuch = new byte[1_000_000];
      assertThat(rig.post("/", BodyPublishers.ofByteArray(tooMuch)).statusCode()).isEqualTo(413);
      assertThat(rig.post("/", BodyPublishers.ofByteArrays(List.of(tooMuch, tooMuch))).statusCode())
          .isEqualTo(413);
      assertThat(rig.post("/", BodyPublishers.ofByteArray(new byte[1000])).statusCode())
          .isEqualTo(200);
      Rig.await(
          () -> rig.inbound.counted().stream().sorted().toList().equals(List.of(200, 413, 413)));
    }
  }
}

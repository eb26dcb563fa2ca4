package io.inmesh.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Peers that are slow, many or wrong, against the sockets of the admin port. */
class AdminPortLimitsTest {
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String GET = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

  private final ExecutorService oneThread = Executors.newSingleThreadExecutor();
  private @Nullable AdminPort started;

  private void start(int connections, Duration arrival, Duration response, byte[] body)
      throws IOException {
    AdminPort port =
        AdminPort.bind(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new AdminPort.Limits(connections, arrival, response),
            oneThread);
    port.start(request -> new AdminReply(200, "text/plain", body), null);
    started = port;
  }

  private void start(int connections, Duration arrival) throws IOException {
    start(connections, arrival, LONG, "hello".getBytes(StandardCharsets.US_ASCII));
  }

  @AfterEach
  void stop() {
    port().close();
    oneThread.shutdownNow();
  }

  private AdminPort port() {
    return Objects.requireNonNull(started);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(port().address().getAddress(), port().address().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Until the answer's body is there. */
  private static String answer(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    InputStream in = socket.getInputStream();
    int next;
    while (!text.toString().endsWith("hello") && (next = in.read()) >= 0) {
      text.append((char) next);
    }
    return text.toString();
  }

  private static boolean isClosed(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException reset) {
      return true;
    }
  }

  @Test
  void half_aRequest_holdsNoThreadAndIsCutOff() throws Exception {
    start(10, SHORT);
    try (Socket slow = connect();
        Socket silent = connect()) {
      send(slow, "GET /page HT");
      try (Socket other = connect()) {
        send(other, GET);
        assertThat(answer(other)).startsWith("HTTP/1.1 200");
      }
      assertThat(isClosed(slow)).isTrue();
      assertThat(isClosed(silent)).isTrue();
    }
  }

  @Test
  void trickle_ofHeaders_isCutOffHoweverSteady() throws Exception {
    start(10, SHORT);
    try (Socket socket = connect()) {
      send(socket, "GET /page HTTP/1.1\r\n");
      boolean cut = false;
      long until = System.nanoTime() + 20_000_000_000L;
      while (!cut && System.nanoTime() < until) {
        try {
          send(socket, "x: y\r\n");
          Thread.sleep(20);
        } catch (IOException e) {
          cut = true;
        }
      }
      assertThat(cut).isTrue();
    }
  }

  @Test
  void connections_beyondTheLimit_areClosed_andThereIsRoomWhenOneEnds() throws Exception {
    start(2, LONG);
    try (Socket first = connect();
        Socket second = connect()) {
      send(first, GET);
      send(second, GET);
      assertThat(answer(first)).endsWith("hello");
      assertThat(answer(second)).endsWith("hello");
      try (Socket third = connect()) {
        assertThat(isClosed(third)).isTrue();
      }
      send(second, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      assertThat(answer(second)).endsWith("hello");
      String served = "";
      long until = System.nanoTime() + 20_000_000_000L;
      while (served.isEmpty() && System.nanoTime() < until) {
        try (Socket again = connect()) {
          send(again, GET);
          served = answer(again);
        } catch (IOException stillFull) {
          served = "";
        }
      }
      assertThat(served).endsWith("hello");
    }
  }

  @Test
  void requests_pipelined_areAnsweredInOrderOverOneConnection() throws Exception {
    start(1, LONG);
    try (Socket socket = connect()) {
      send(socket, GET + GET);
      assertThat(answer(socket)).startsWith("HTTP/1.1 200");
      assertThat(answer(socket)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void reader_thatReadsNothing_isCutOff() throws Exception {
    int size = 64 << 20;
    start(2, LONG, SHORT, new byte[size]);
    try (Socket socket = connect()) {
      send(socket, GET);
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      port().awaitNoConnections();
      long read = 0;
      try {
        read = socket.getInputStream().readAllBytes().length;
      } catch (IOException reset) {
        // As good as an early end.
      }
      assertThat(read).isLessThan(size);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "414, GET /%s HTTP/1.1",
    "431, GET / HTTP/1.1|x: %s",
    "400, NONSENSE",
    "400, GET / HTTP/1.1|Host: a|Host: b",
    "400, GET /%% HTTP/1.1",
    "400, POST / HTTP/1.1|Content-Length: -1",
    "400, POST / HTTP/1.1|Content-Length: 1|Content-Length: 2"
  })
  void request_thatIsWrong_isAnsweredAndTheConnectionClosed(int status, String lines)
      throws Exception {
    start(2, LONG);
    try (Socket socket = connect()) {
      send(socket, lines.formatted("a".repeat(40_000)).replace("|", "\r\n") + "\r\n\r\n");
      String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(all).startsWith("HTTP/1.1 " + status);
    }
  }
}

package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.RawHttp2;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that use HTTP/2, or connections alone, to wear the control server out. */
@Timeout(60)
class ControlPortLimitsTest {
  private static final int ENHANCE_YOUR_CALM = 11;

  private static ControlServer plaintext;
  private static ControlServer secured;

  @BeforeAll
  static void start() throws Exception {
    plaintext = ControlServer.start(ControlServerOptions.loopback());
    secured = ControlServer.start(ControlServerOptions.loopback().withInsecure(false));
  }

  @AfterAll
  static void stop() {
    plaintext.abort();
    secured.abort();
  }

  private static RawHttp2 connect() throws IOException {
    return new RawHttp2(address(plaintext));
  }

  private static InetSocketAddress address(ControlServer server) {
    return server.xdsAddress();
  }

  private static byte[] head() {
    return RawHttp2.block(
        ":method",
        "POST",
        ":scheme",
        "http",
        ":path",
        "/inmesh.registration.v1.Registry/Register",
        ":authority",
        "control",
        "content-type",
        "application/grpc",
        "te",
        "trailers");
  }

  @AfterEach
  void othersAreServed() throws IOException {
    try (RawHttp2 client = connect()) {
      client.head(1, head());
      assertThat(client.status(1)).isEqualTo(200);
    }
  }

  @Test
  void rapidReset_endsTheConnection() throws IOException {
    try (RawHttp2 client = connect()) {
      assertThat(client.rapidResets(i -> head())).isIn(ENHANCE_YOUR_CALM, -1);
    }
  }

  @Test
  void endlessContinuation_endsTheConnection() throws IOException {
    for (int fields : new int[] {0, 20}) {
      byte[] part = RawHttp2.fields(new byte[0], fields, "x", "y".repeat(100));
      try (RawHttp2 client = connect()) {
        assertThat(client.endlessContinuation(head(), part)).isNotZero();
      }
    }
  }

  @Test
  void headThatIsTooLarge_orUnpacksToMegabytes_isRefused() throws IOException {
    for (byte[] head :
        List.of(
            RawHttp2.fields(head(), 1, "x", "y".repeat(40_000)),
            RawHttp2.fields(head(), 4_000, "x", "y"),
            RawHttp2.bomb(head(), "x", "y".repeat(3_000), 15_000))) {
      try (RawHttp2 client = connect()) {
        client.head(1, head);
        assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 431);
      }
    }
  }

  /** All of them are given their ten seconds together. */
  @Test
  void connectionsThatDoNotGetOn_areClosed() throws IOException {
    List<Socket> slow = new ArrayList<>();
    for (ControlServer server : List.of(plaintext, secured)) {
      for (String said : List.of("", "\u0016\u0003\u0001\u0002", "PRI * HTTP")) {
        Socket socket = new Socket(address(server).getAddress(), address(server).getPort());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        slow.add(socket);
      }
    }
    for (Socket socket : slow) {
      assertThat(toEnd(socket)).isTrue();
      socket.close();
    }
  }

  /** Whoever has no certificate, and only holds on, leaves room for others. */
  @Test
  void strangersOfOneAddress_areBounded() throws Exception {
    List<Socket> crowd = new ArrayList<>();
    try {
      boolean refused = false;
      while (!refused && crowd.size() < 3_000) {
        Socket socket = new Socket(address(secured).getAddress(), address(secured).getPort());
        crowd.add(socket);
        if (crowd.size() > 1_024) {
          socket.setSoTimeout(1_000);
          refused = toEnd(socket);
        }
      }
      // Several threads count, so that one or the other may slip in.
      assertThat(crowd).hasSizeBetween(1_025, 1_030);
    } finally {
      for (Socket socket : crowd) {
        socket.close();
      }
    }
  }

  private static boolean toEnd(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // what the server says first
      }
      return true;
    } catch (SocketException reset) {
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    }
  }
}

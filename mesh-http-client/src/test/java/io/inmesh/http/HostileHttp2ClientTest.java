package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.RawHttp2;
import io.inmesh.testing.RawHttp2.Frame;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that break HTTP/2, or use it to wear the server out. */
@Timeout(60)
class HostileHttp2ClientTest {
  private static final int ENHANCE_YOUR_CALM = 11;

  @Test
  void rapidReset_endsTheConnection() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        assertThat(client.rapidResets(i -> RawHttp2.getHead())).isIn(ENHANCE_YOUR_CALM, -1);
      }
      Rig.await(() -> server.acceptor().connections() == 0);
      assertThat(rig.inbound.peers.size()).as("requests that were begun").isLessThan(1000);
    }
  }

  @Test
  void someResetsAmongManyRequests_areTolerated() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server =
          rig.server(
              exchange -> {
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
              });
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        int stream = 1;
        for (int i = 0; i < 400; i++) {
          client.get(stream);
          client.reset(stream);
          for (int good = 1; good <= 2; good++) {
            client.get(stream + 2 * good);
            client.flush();
            Frame head;
            do {
              head = client.readTo(RawHttp2.HEADERS);
            } while (head.stream() != stream + 2 * good);
          }
          stream += 6;
        }
      }
    }
  }

  @Test
  void endlessContinuation_endsTheConnection() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      byte[] part = RawHttp2.fields(new byte[0], 20, "x", "y".repeat(100));
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        assertThat(client.endlessContinuation(RawHttp2.getHead(), part)).isNotZero();
        assertThat(rig.inbound.peers).isEmpty();
      }
      Rig.await(() -> server.acceptor().connections() == 0);
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  @Test
  void manyEmptyContinuations_endTheConnection() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        assertThat(client.endlessContinuation(RawHttp2.getHead(), new byte[0])).isNotZero();
        assertThat(rig.inbound.peers).isEmpty();
      }
    }
  }

  @Test
  void tooManyFieldsAndTooLargeHeads_areAnsweredWith431() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      for (byte[] block :
          new byte[][] {
            RawHttp2.fields(RawHttp2.getHead(), 110, "x", "y"),
            RawHttp2.fields(RawHttp2.getHead(), 600, "x", "y".repeat(100))
          }) {
        try (RawHttp2 client = new RawHttp2(server.getAddress())) {
          client.head(1, block);
          assertThat(client.status(1)).isEqualTo(431);
        }
      }
      assertThat(rig.inbound.peers).isEmpty();
      assertThat(rig.inbound.counted()).containsExactly(431, 431);
    }
  }

  @Test
  void requestWithoutPseudoHeaders_isReset() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        client.frame(
            RawHttp2.HEADERS,
            RawHttp2.END_HEADERS | RawHttp2.END_STREAM,
            1,
            Arrays.copyOf(RawHttp2.getHead(), 1));
        client.flush();
        assertThat(client.readTo(RawHttp2.RST_STREAM).code()).as("PROTOCOL_ERROR").isEqualTo(1);
      }
      assertThat(rig.inbound.peers).isEmpty();
      assertThat(rig.inbound.counted()).containsExactly(0);
    }
  }

  @Test
  void drain_warnsBeforeItNamesTheLastStream() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      CountDownLatch entered = new CountDownLatch(1);
      CountDownLatch open = new CountDownLatch(1);
      MeshHttpServer server =
          rig.server(
              exchange -> {
                entered.countDown();
                try {
                  open.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException stopped) {
                  Thread.currentThread().interrupt();
                }
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
              });
      try (RawHttp2 client = new RawHttp2(server.getAddress())) {
        client.get(1);
        client.flush();
        entered.await();
        Thread stopping = new Thread(() -> server.stop(20));
        stopping.start();
        assertThat(lastStream(client.readTo(RawHttp2.GOAWAY))).isEqualTo(Integer.MAX_VALUE);
        client.get(3); // was on its way when the warning arrived
        client.flush();
        assertThat(lastStream(client.readTo(RawHttp2.GOAWAY))).isEqualTo(3);
        open.countDown();
        assertThat(client.readTo(RawHttp2.HEADERS).stream()).isIn(1, 3);
        assertThat(client.readTo(RawHttp2.HEADERS).stream()).isIn(1, 3);
        stopping.join(20_000);
        assertThat(stopping.isAlive()).isFalse();
      }
    }
  }

  private static int lastStream(Frame goAway) {
    return java.nio.ByteBuffer.wrap(goAway.payload()).getInt();
  }
}

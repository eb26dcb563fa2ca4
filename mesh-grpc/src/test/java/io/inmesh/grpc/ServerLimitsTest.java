package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.testing.OpenCall;
import io.inmesh.testing.RawHttp2;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that use HTTP/2, or connections alone, to wear a server out. */
@Timeout(60)
class ServerLimitsTest {
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int STRANGERS = 3;
  private static final byte MAX_CONCURRENT_STREAMS = 3;

  private final EngineMesh mesh = new EngineMesh();
  private final TestService service = new TestService();
  private final AtomicInteger admitted = new AtomicInteger();
  private final List<Inbound.Refusal> refused = new CopyOnWriteArrayList<>();
  private volatile ServerConnectionPolicy connections = ServerConnectionPolicy.NONE;

  @BeforeEach
  void start() throws Exception {
    start(service, 20_000);
  }

  private void start(TestService starting, long handshakeMillis) throws IOException {
    mesh.inbound =
        new Inbound() {
          @Override
          public Admission admit(RequestHead head, Peer from) {
            admitted.incrementAndGet();
            return new Admission.Allowed(new OpenCall());
          }

          @Override
          public ServerConnectionPolicy connections() {
            return connections;
          }

          @Override
          public void refused(
              Refusal why, @Nullable SocketAddress peer, @Nullable Throwable cause) {
            refused.add(why);
          }
        };
    MeshServerBuilder builder =
        MeshServers.builder(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxStrangersPerAddress(STRANGERS);
    builder.netty().handshakeTimeout(handshakeMillis, TimeUnit.MILLISECONDS);
    starting.start(builder);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private RawHttp2 connect() throws IOException {
    return new RawHttp2(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
  }

  private static byte[] head(String... more) {
    List<String> fields =
        new java.util.ArrayList<>(
            List.of(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                "/test.Strings/Bidi",
                ":authority",
                "orders",
                "content-type",
                "application/grpc",
                "te",
                "trailers"));
    fields.addAll(List.of(more));
    return RawHttp2.block(fields.toArray(String[]::new));
  }

  private void othersAreServed() throws IOException {
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
    assertThat(admitted.get()).isLessThan(50_000);
    othersAreServed();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20})
  void endlessContinuation_endsTheConnection(int fields) throws IOException {
    byte[] part = RawHttp2.fields(new byte[0], fields, "x", "y".repeat(100));
    try (RawHttp2 client = connect()) {
      assertThat(client.endlessContinuation(head(), part)).isNotZero();
    }
    assertThat(admitted).hasValue(0);
    othersAreServed();
  }

  @Test
  void headThatIsTooLarge_orUnpacksToMegabytes_isRefused() throws IOException {
    for (byte[] head :
        List.of(
            RawHttp2.fields(head(), 1, "x", "y".repeat(20_000)),
            RawHttp2.fields(head(), 2_000, "x", "y"),
            RawHttp2.bomb(head(), "x", "y".repeat(3_000), 15_000))) {
      try (RawHttp2 client = connect()) {
        client.head(1, head);
        assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 431);
      }
    }
    assertThat(admitted).hasValue(0);
    othersAreServed();
  }

  /** Nothing, a beginning of TLS, and a beginning of HTTP/2. */
  @ParameterizedTest
  @ValueSource(strings = {"", "\u0016\u0003\u0001", "PRI * HTTP"})
  void connectionThatDoesNotGetOn_isClosed(String said) throws IOException {
    TestService hasty = new TestService();
    start(hasty, 500);
    try (hasty;
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      assertThat(toEnd(socket)).isTrue();
    }
    othersAreServed();
  }

  private static boolean toEnd(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // what the server says first
      }
      return true;
    } catch (SocketException reset) {
      return true;
    }
  }

  @Test
  void strangersOfOneAddress_areBounded_andPlacesBecomeFree() throws Exception {
    List<RawHttp2> crowd = new CopyOnWriteArrayList<>();
    try {
      for (int i = 0; i < STRANGERS; i++) {
        RawHttp2 client = connect();
        crowd.add(client);
        client.head(1, head());
        assertThat(client.status(1)).isEqualTo(200);
      }
      try (RawHttp2 more = connect()) {
        assertThat(more.status(1)).isEqualTo(RawHttp2.ENDED);
      }
      assertThat(refused).containsOnly(Inbound.Refusal.CROWD);
    } finally {
      for (RawHttp2 client : crowd) {
        client.close();
      }
    }
    int status = RawHttp2.ENDED;
    while (status == RawHttp2.ENDED) { // until the server has seen that the others have gone
      try (RawHttp2 client = connect()) {
        client.head(1, head());
        status = client.status(1);
      } catch (IOException refusedYet) {
        status = RawHttp2.ENDED;
      }
    }
    assertThat(status).isEqualTo(200);
  }

  @Test
  void connections_areAsThePolicySays_fromTheNextOn() throws IOException {
    try (RawHttp2 before = connect()) {
      before.head(1, head());
      assertThat(before.status(1)).isEqualTo(200);
      Duration soon = Duration.ofMillis(100);
      connections = new ServerConnectionPolicy(soon, null, 7, null, null, null);
      try (RawHttp2 client = connect()) {
        byte[] first = client.readTo(RawHttp2.SETTINGS).payload();
        byte[] last = new byte[] {0, MAX_CONCURRENT_STREAMS, 0, 0, 0, 7};
        assertThat(first).isNotEqualTo(last);
        byte[] said;
        do {
          said = client.readTo(RawHttp2.SETTINGS).payload();
        } while (!Arrays.equals(said, last));
        assertThat(client.status(1)).as("idle").isEqualTo(RawHttp2.ENDED);
      }
      connections = new ServerConnectionPolicy(null, soon, 0, null, null, null);
      try (RawHttp2 client = connect()) {
        client.head(1, head());
        assertThat(client.status(1)).isEqualTo(200);
        assertThat(client.status(3)).as("old").isEqualTo(RawHttp2.ENDED);
      }
      before.head(3, head());
      assertThat(before.status(3)).isEqualTo(200);
    }
  }
}

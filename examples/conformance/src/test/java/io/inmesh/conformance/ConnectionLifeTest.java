package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Relay;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.TcpConnections;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** RS-05, LB-28 and HC-15 to HC-18: connections fail and end, and no call notices. */
class ConnectionLifeTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  private static final byte[] SETTINGS_ACK = {0, 0, 0, 4, 1, 0, 0, 0, 0};
  private static final int PREFACE_AND_SETTINGS = 24 + 9;

  private static long connections(Instance instance) {
    return instance.requests().stream().map(Seen::connection).distinct().count();
  }

  @OverEveryTransport
  void maxRequestsPerConnection_replacesConnections(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "connectionPool: {http: {maxRequestsPerConnection: 5}}"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until(
        "three connections were used",
        () -> {
          assertThat(web.get(GET)).isOk();
          return connections(orders) >= 3;
        });
  }

  @OverEveryTransport
  void maxConnectionDuration_replacesConnections(World world) throws Exception {
    replacesConnections(
        destination("orders", "connectionPool: {tcp: {maxConnectionDuration: 200ms}}"), world);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2_MTLS, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void maxDuration_ofTheServer_replacesConnections(World world) throws Exception {
    replacesConnections(policy("orders", "connections: {maxDuration: 200ms}"), world);
  }

  private static void replacesConnections(String policy, World world) throws Exception {
    world.config(versions("orders"), policy);
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until(
        "two connections were used",
        () -> {
          assertThat(web.get(GET)).isOk();
          return connections(orders) >= 2;
        });
  }

  /** LB-28: at the endpoint that is called, of connections that take one request at a time. */
  @OverEveryTransport(only = Transport.HTTP1, styles = Style.BLOCKING)
  void preconnect_hasAConnectionToSpare(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "loadBalancer: {preconnect: 2}"));
    Relay orders = world.serveThroughRelay("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
    world.until("there is another connection", () -> orders.recordings().size() == 2);
  }

  /** LB-28: at an endpoint that is not called yet. Channels of gRPC are connected to all anyway. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C},
      styles = Style.BLOCKING)
  void predictivePreconnect_hasAConnectionElsewhere(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "loadBalancer: {predictivePreconnect: 2}"));
    Relay one = world.serveThroughRelay("orders", ok());
    Relay other = world.serveThroughRelay("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
    world.until(
        "there is a connection to each",
        () -> one.recordings().size() == 1 && other.recordings().size() == 1);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void idleTimeout_closesConnections_theNextCallConnects(World world) throws Exception {
    closesIdleConnections(
        destination("orders", "connectionPool: {http: {idleTimeout: 300ms}}"), world);
  }

  /** Channels of gRPC would be connected again at once. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C},
      styles = Style.BLOCKING)
  void idleTimeout_ofTheServer_closesConnections(World world) throws Exception {
    closesIdleConnections(policy("orders", "connections: {idleTimeout: 300ms}"), world);
  }

  private static void closesIdleConnections(String policy, World world) throws Exception {
    assumeTrue(TcpConnections.known());
    world.config(versions("orders"), policy);
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 1; i <= 2; i++) {
      assertThat(web.get(GET)).isOk();
      world.until("none is left", () -> TcpConnections.to(orders.port()).all().isEmpty());
    }
    assertThat(connections(orders)).isEqualTo(2);
  }

  @OverEveryTransport(
      only = {
        Transport.H2C,
        Transport.H2_MTLS,
        Transport.GRPC,
        Transport.GRPC_BIDI,
        Transport.GRPC_MTLS
      },
      styles = Style.ASYNC)
  void maxConcurrentStreams_runOut_thereAreMoreConnections(World world) throws Exception {
    moreConnections(
        destination("orders", "connectionPool: {http: {maxConcurrentStreams: 1}}"), world);
  }

  /** A gRPC server says it a moment after the first calls may begin. */
  @OverEveryTransport(
      only = {Transport.H2C, Transport.H2_MTLS},
      styles = Style.ASYNC)
  void maxConcurrentStreams_ofTheServer_runOut_thereAreMoreConnections(World world)
      throws Exception {
    moreConnections(policy("orders", "connections: {maxConcurrentStreams: 1}"), world);
  }

  private static void moreConnections(String policy, World world) throws Exception {
    world.config(versions("orders"), policy);
    CountDownLatch latch = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    List<Pending> held = List.of(web.start(Request.get(GET)), web.start(Request.get(GET)));
    world.until("both are there", () -> orders.requests().size() == 2);
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
    assertThat(connections(orders)).isEqualTo(2);
  }

  /** The limit of connections holds for those, too: what has no stream waits for one. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.ASYNC)
  void maxConnections_boundsThem(World world) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders",
            "connectionPool: {tcp: {maxConnections: 1}, http: {maxConcurrentStreams: 1}}"));
    CountDownLatch latch = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    List<Pending> calls = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      calls.add(web.start(Request.get(GET)));
    }
    world.until("some are there", () -> !orders.requests().isEmpty());
    latch.countDown();
    for (Pending call : calls) {
      assertThat(call.await()).isOk();
    }
    // Over gRPC the one that is made ahead of need is not counted.
    assertThat(connections(orders)).isLessThanOrEqualTo(world.transport().grpc() ? 2 : 1);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2_MTLS, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void tcpKeepalive_isTheSystems(World world) throws Exception {
    assumeTrue(TcpConnections.known());
    world.config(
        versions("orders"),
        destination(
            "orders",
            "connectionPool: {tcp: {tcpKeepalive: {time: 70s, interval: 7s, probes: 3}}}"));
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
    world.until(
        "they are probed",
        () -> {
          List<TcpConnections.Connection> all = TcpConnections.to(orders.port()).all();
          return !all.isEmpty() && all.stream().allMatch(TcpConnections.Connection::keepAlive);
        });
  }

  /** A peer that takes everything and says nothing any more is noticed before the call's end. */
  @OverEveryTransport(
      only = {Transport.H2C, Transport.GRPC, Transport.GRPC_BIDI},
      styles = Style.BLOCKING)
  void unansweredPings_endTheConnection(World world) throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread accepting = new Thread(() -> takeAll(mute), "mute");
      accepting.setDaemon(true);
      accepting.start();
      configure(
          world, mute, "connectionPool: {http: {http2KeepAlive: {interval: 1s, timeout: 1s}}}");
      Answer answer = world.client("web").call(Request.post(GET).timeout(Duration.ofSeconds(20)));
      assertThat(answer.reason()).isEqualTo(Reason.CONNECTION_TERMINATED);
    }
  }

  private static void takeAll(ServerSocket server) {
    try {
      while (true) {
        Socket accepted = server.accept();
        Thread reading = new Thread(() -> readAll(accepted), "mute-connection");
        reading.setDaemon(true);
        reading.start();
      }
    } catch (IOException closed) {
      // The case is over.
    }
  }

  /** Greets as HTTP/2 does, then only reads. */
  private static void readAll(Socket socket) {
    try (socket) {
      socket.getOutputStream().write(SETTINGS);
      socket.getInputStream().readNBytes(PREFACE_AND_SETTINGS);
      socket.getOutputStream().write(SETTINGS_ACK);
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException gone) {
      // The caller has cut it.
    }
  }

  /**
   * RS-05: an endpoint that does not even refuse is given up in time. With the usual ten seconds
   * the callers' eight would be over before that.
   */
  @OverEveryTransport(styles = Style.BLOCKING)
  void connectTimeout_endsAttemptsThatLeadNowhere(World world) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> backlog = fill(silent.getLocalSocketAddress());
      configure(world, silent, "connectionPool: {tcp: {connectTimeout: 500ms}}");
      Instance orders = world.serve("orders", ok());
      Caller web = world.client("web");
      for (int i = 0; i < 10; i++) {
        Answer answer = web.call(Request.get(GET).timeout(Duration.ofSeconds(8)));
        assertThat(answer).isOk();
        assertThat(answer.host()).isEqualTo(orders.host());
      }
      for (Socket socket : backlog) {
        socket.close();
      }
    }
  }

  /** HC-15: beyond the limit, calls that would wait for a connection fail at once. */
  @OverEveryTransport(styles = Style.ASYNC)
  void pendingLimit_bounds_whatWaitsForAConnection(World world) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> backlog = fill(silent.getLocalSocketAddress());
      configure(
          world,
          silent,
          "connectionPool: {tcp: {connectTimeout: 30s}, http: {http1MaxPendingRequests: 1}}");
      Caller web = world.client("web");
      Request get = Request.get(GET);
      List<Pending> calls = List.of(web.start(get), web.start(get), web.start(get));
      world.until(
          "two of three are refused", () -> calls.stream().filter(Pending::done).count() == 2);
      for (Pending call : calls) {
        if (call.done()) {
          assertThat(call.await()).failedWith(Reason.OVERFLOW);
        }
      }
      calls.forEach(Pending::cancel);
      for (Socket socket : backlog) {
        socket.close();
      }
    }
  }

  /** A service with an endpoint to which no connection comes about. */
  private static void configure(World world, ServerSocket silent, String policy)
      throws InterruptedException {
    world.config(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: orders}
        spec: {selector: {app: orders}, ports: [{name: p, port: 80, appProtocol: %s}]}
        """
            .formatted(protocol(world.transport())),
        """
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: silent}
        spec: {address: 127.0.0.1, labels: {app: orders}, ports: {p: %d}}
        """
            .formatted(silent.getLocalPort()),
        destination("orders", policy));
  }

  private static String protocol(Transport transport) {
    return switch (transport) {
      case HTTP1, HTTP1_MTLS -> "http";
      case H2C, H2_MTLS -> "http2";
      default -> "grpc";
    };
  }

  /** Connects until the system lets further attempts hang. */
  private static List<Socket> fill(SocketAddress address) throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      while (sockets.size() < 100) {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.connect(address, 300);
      }
      throw new AssertionError("the backlog does not fill");
    } catch (SocketTimeoutException full) {
      return sockets;
    }
  }

  /** What is under way when an instance leaves ends well; nothing new goes there. */
  @OverEveryTransport
  void leavingInstance_finishesWhatItHas(World world) throws Exception {
    world.config(versions("orders"));
    CountDownLatch latch = new CountDownLatch(1);
    Instance leaving = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    List<Pending> held = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      held.add(web.start(Request.get(GET)));
    }
    world.until("the calls are there", () -> leaving.requests().size() == 4);
    Instance staying = world.serve("orders", ok());
    leaving.drain();
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(staying.host());
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
    leaving.behave(Behaviour.ok());
    leaving.stop();
    assertThat(web.get(GET, 10).failures()).isEmpty();
  }
}

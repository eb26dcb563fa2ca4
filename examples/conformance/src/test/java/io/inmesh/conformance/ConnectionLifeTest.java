package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

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
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** RS-05, LB-28, HC-15, HC-16 and HC-18: connections fail and end, and no call notices. */
class ConnectionLifeTest {
  private static final String GET = "orders/shop.Orders/Get";

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
    world.until("three connections were used", () -> call(web) && connections(orders) >= 3);
  }

  @OverEveryTransport
  void maxConnectionDuration_replacesConnections(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "connectionPool: {tcp: {maxConnectionDuration: 200ms}}"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("two connections were used", () -> call(web) && connections(orders) >= 2);
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

  /**
   * RS-05: an endpoint that does not even refuse is given up in time. With the usual ten seconds
   * the callers' three would be over before that.
   */
  @OverEveryTransport(styles = Style.BLOCKING)
  void connectTimeout_endsAttemptsThatLeadNowhere(World world) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> backlog = fill(silent.getLocalSocketAddress());
      configure(world, silent, "connectionPool: {tcp: {connectTimeout: 200ms}}");
      Instance orders = world.serve("orders", ok());
      Caller web = world.client("web");
      for (int i = 0; i < 10; i++) {
        Answer answer = web.call(Request.get(GET).timeout(Duration.ofSeconds(3)));
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
          "connectionPool: {tcp: {connectTimeout: 5s}, http: {http1MaxPendingRequests: 1}}");
      Caller web = world.client("web");
      Request get = Request.get(GET).timeout(Duration.ofSeconds(2));
      List<Pending> calls = List.of(web.start(get), web.start(get), web.start(get));
      List<Answer> answers = new ArrayList<>();
      for (Pending call : calls) {
        answers.add(call.await());
      }
      assertThat(answers)
          .extracting(Answer::reason)
          .containsExactlyInAnyOrder(Reason.TIMEOUT, Reason.OVERFLOW, Reason.OVERFLOW);
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
        spec: {selector: {app: orders}, ports: [{name: p, port: 80}]}
        """,
        """
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: silent}
        spec: {address: 127.0.0.1, labels: {app: orders}, ports: {p: %d}}
        """
            .formatted(silent.getLocalPort()),
        destination("orders", policy));
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
    leaving.registration().drain().toCompletableFuture().get();
    world.until("nothing goes there", () -> web(web).host().equals(staying.host()));
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(staying.host());
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
    leaving.behave(Behaviour.ok());
    leaving.stop();
    assertThat(web.get(GET, 10).failures()).isEmpty();
  }

  private static boolean call(Caller web) {
    assertThat(web(web)).isOk();
    return true;
  }

  private static Answer web(Caller web) {
    try {
      return web.get(GET);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

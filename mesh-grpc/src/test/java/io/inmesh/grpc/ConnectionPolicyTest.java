package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.ConnectionPolicy.Ping;
import io.netty.handler.codec.http2.Http2Settings;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a cluster says about its connections: idleness, streams, pings, the time to connect. */
class ConnectionPolicyTest {
  private final FakeMesh mesh = new FakeMesh();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @AfterEach
  void nothingLeaks() {
    Eventually.until("no call open", () -> mesh.callsOpen.get() == 0);
    assertThat(mesh.violations).isEmpty();
    channel.shutdownNow();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private void policy(Duration idle, int streams, @Nullable Ping ping) {
    mesh.connections =
        new ConnectionPolicy(idle, null, 0, streams, null, ping, ConnectionPolicy.Preconnect.NONE);
  }

  private Future<String> start(String request) {
    return start(request, 10);
  }

  private Future<String> start(String request, int seconds) {
    return ClientCalls.futureUnaryCall(
        channel.newCall(UNARY, CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS)),
        request);
  }

  private void awaitRest() {
    Eventually.until("it rests", () -> channel.getState(false) == ConnectivityState.IDLE);
  }

  @Test
  void idleConnection_isClosed_andConnectsForTheNextCalls() throws Exception {
    policy(Duration.ofMillis(50), 0, null);
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      assertThat(start("one").get()).isEqualTo("one");
      awaitRest();
      EchoCall lasting = new EchoCall(channel); // keeps the new connection from resting
      List<Future<String>> calls = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        calls.add(start("call" + i));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(calls.get(i).get()).isEqualTo("call" + i);
      }
      lasting.finish();
      assertThat(service.remotes).hasSize(2);
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void connectionWithACall_isNotIdle() throws Exception {
    policy(Duration.ofMillis(50), 0, null);
    try (TestService busy = new TestService().start();
        TestService quiet = new TestService().start()) {
      mesh.endpoints(busy.port());
      EchoCall call = new EchoCall(channel);
      call.echo("before");
      mesh.endpoints(busy.port(), quiet.port());
      Eventually.until("the other one was connected", () -> quiet.accepted.get() == 1);
      Eventually.until("the other one rests", () -> quiet.connections.get() == 0);
      call.echo("after");
      assertThat(busy.accepted).hasValue(1);
      call.finish();
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void serverIsGoneWhileItRests_theNextCallFails_andLaterOnesSucceed() throws Exception {
    policy(Duration.ofMillis(50), 0, null);
    TestService service = new TestService().start();
    int port = service.port();
    mesh.endpoints(port);
    assertThat(start("one").get()).isEqualTo("one");
    awaitRest();
    service.close();
    assertThatThrownBy(() -> start("two").get()).hasMessageContaining("UNAVAILABLE");
    try (TestService again = new TestService().start(NettyServerBuilder.forPort(port))) {
      Eventually.until("it is connected", () -> channel.getState(true) == ConnectivityState.READY);
      assertThat(start("three").get()).isEqualTo("three");
      assertThat(again.calls).hasValue(1);
    }
  }

  @Test
  void streamsOfThePolicy_runOut_moreConnections() throws Exception {
    policy(Duration.ofHours(1), 1, null);
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      List<EchoCall> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        EchoCall call = new EchoCall(channel);
        call.echo("call" + i);
        calls.add(call);
      }
      assertThat(service.remotes).hasSize(4);
      for (EchoCall call : calls) {
        call.finish();
      }
      for (int i = 0; i < 10; i++) {
        assertThat(start("x").get()).isEqualTo("x");
      }
      assertThat(service.remotes).hasSize(4);
    }
  }

  @Test
  void streamsOfThePeer_runOut_moreConnections() throws Exception {
    policy(Duration.ofHours(1), 0, null);
    try (TestService service =
        new TestService().start(NettyServerBuilder.forPort(0).maxConcurrentCallsPerConnection(2))) {
      mesh.endpoints(service.port());
      List<EchoCall> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        EchoCall call = new EchoCall(channel);
        call.echo("call" + i);
        calls.add(call);
      }
      assertThat(service.remotes).hasSize(2);
      for (EchoCall call : calls) {
        call.finish();
      }
    }
  }

  /** A call that waits for room does not have connections made in a tight loop. */
  @Test
  void moreConnections_areRefused_triedOnlyNowAndThen() throws Exception {
    policy(Duration.ofHours(1), 1, null);
    try (RawServer server = new RawServer((context, stream) -> {})) {
      server.mostConnections = 1;
      mesh.endpoints(server.port());
      Future<String> busy = start("one");
      Eventually.until("it has the connection", () -> server.streams.get() == 1);
      assertThatThrownBy(() -> start("two", 2).get()).hasMessageContaining("DEADLINE_EXCEEDED");
      // A tight loop makes hundreds. gRPC itself tries again until it lets a subchannel go.
      assertThat(server.connections()).isBetween(2, 12);
      busy.cancel(true);
    }
  }

  @Test
  void idleSpareConnections_areClosed_callsGoOn() throws Exception {
    policy(Duration.ofMillis(50), 1, null);
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      EchoCall one = new EchoCall(channel);
      one.echo("a");
      EchoCall two = new EchoCall(channel);
      two.echo("b");
      two.finish();
      assertThat(service.remotes).hasSize(2);
      Eventually.until("one is closed", () -> service.connections.get() == 1);
      one.echo("still");
      one.finish();
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void unansweredPing_breaksTheConnection() throws Exception {
    policy(Duration.ofHours(1), 0, new Ping(Duration.ofMillis(300), Duration.ofMillis(300)));
    try (RawServer server =
        new RawServer((context, stream) -> {}, Http2Settings.defaultSettings(), false)) {
      mesh.endpoints(server.port());
      assertThatThrownBy(() -> start("hello").get())
          .hasMessageContaining("UNAVAILABLE")
          .hasStackTraceContaining("has not answered a ping within PT0.3S");
      assertThat(server.streams).hasValue(1);
    }
  }

  @Test
  void answeredPings_keepIt() throws Exception {
    policy(Duration.ofHours(1), 0, new Ping(Duration.ofMillis(5), Duration.ofSeconds(10)));
    try (RawServer server = new RawServer((context, stream) -> {})) {
      mesh.endpoints(server.port());
      Future<String> call = start("hello");
      Eventually.until("many pings", () -> server.pings.get() >= 20);
      assertThat(server.connections()).isEqualTo(1);
      assertThat(call.isDone()).isFalse();
      call.cancel(true);
    }
  }

  @Test
  void endpointThatIsSilent_isKnownToFail_afterTheConnectTimeout() throws Exception {
    // A full accept queue: connections hang as they do towards a host that is gone.
    try (ServerSocket silent = new ServerSocket(0, 1)) {
      List<Socket> backlog = new ArrayList<>();
      fill(silent, backlog);
      mesh.connectTimeout = Duration.ofMillis(100);
      mesh.endpoints(silent.getLocalPort());
      Eventually.until(
          "it has failed", () -> channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE);
      for (Socket socket : backlog) {
        socket.close();
      }
    }
  }

  private static void fill(ServerSocket silent, List<Socket> backlog) throws Exception {
    try {
      while (backlog.size() < 100) {
        Socket socket = new Socket();
        backlog.add(socket);
        socket.connect(silent.getLocalSocketAddress(), 200);
      }
    } catch (SocketTimeoutException full) {
      // Now they hang.
    }
  }
}

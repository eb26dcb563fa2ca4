package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.MeshException;
import io.inmesh.call.Failure;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ChannelConnectionTest extends TwoServers {
  @Test
  void deadCluster_failsFast() throws Exception {
    mesh.connectTimeout = Duration.ofMinutes(10);
    mesh.endpoints(closedPort());
    assertThatThrownBy(
            () -> call("hello", CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.MINUTES)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getCause()).isInstanceOf(MeshException.class);
            });
    assertThat(mesh.failures).containsOnly(Failure.CONNECT);
  }

  @Test
  void silentHost_failsAfterTheConnectTimeout() throws Exception {
    // A full accept queue: connections hang as they do towards a host that is gone.
    try (ServerSocket silent = new ServerSocket(0, 1)) {
      mesh.connectTimeout = Duration.ofMillis(200);
      mesh.endpoints(silent.getLocalPort());
      assertThatThrownBy(() -> call("hello"))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
      assertThat(mesh.failures).containsOnly(Failure.CONNECT);
    }
  }

  @Test
  void waitForReady_waitsForTheServer() throws Exception {
    int port = closedPort();
    mesh.endpoints(port);
    Future<String> answer =
        ClientCalls.futureUnaryCall(
            channel.newCall(UNARY, CallOptions.DEFAULT.withWaitForReady()), "hello");
    Eventually.until(
        "the channel has failed",
        () -> channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
    assertThat(answer.isDone()).isFalse();
    try (TestService late = new TestService()) {
      late.start(NettyServerBuilder.forPort(port));
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    }
  }

  @Test
  void waitForReady_deadline_ends() throws Exception {
    mesh.endpoints(closedPort());
    assertThatThrownBy(
            () ->
                call(
                    "hello",
                    CallOptions.DEFAULT
                        .withWaitForReady()
                        .withDeadlineAfter(200, TimeUnit.MILLISECONDS)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
  }

  @Test
  void idleChannel_wakesUpWithACall() {
    assertThat(call("hello")).isEqualTo("hello");
    for (int i = 0; i < 3; i++) {
      channel.enterIdle();
      Eventually.until("it rests", () -> channel.getState(false) == ConnectivityState.IDLE);
      assertThat(call("hello")).isEqualTo("hello");
    }
  }

  @Test
  void callThatWaits_keepsTheChannelAwake_andSurvivesIdling() throws Exception {
    int port = closedPort();
    mesh.endpoints(port);
    Future<String> answer =
        ClientCalls.futureUnaryCall(
            channel.newCall(UNARY, CallOptions.DEFAULT.withWaitForReady()), "hello");
    Eventually.until(
        "the channel has failed",
        () -> channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
    channel.enterIdle();
    Eventually.until(
        "the channel is awake", () -> channel.getState(false) != ConnectivityState.IDLE);
    try (TestService late = new TestService()) {
      late.start(NettyServerBuilder.forPort(port));
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    }
  }

  @Test
  void shutdown_waitingCallGoesOn_newOnesFail() throws Exception {
    int port = closedPort();
    mesh.endpoints(port);
    Future<String> answer =
        ClientCalls.futureUnaryCall(
            channel.newCall(UNARY, CallOptions.DEFAULT.withWaitForReady()), "hello");
    Eventually.until(
        "the channel has failed",
        () -> channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
    channel.shutdown();
    assertThat(outcome("hello")).isEqualTo(Status.Code.UNAVAILABLE);
    try (TestService late = new TestService()) {
      late.start(NettyServerBuilder.forPort(port));
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    }
  }

  @Test
  void shutdownNow_endsWaitingCalls() throws Exception {
    mesh.endpoints(closedPort());
    mesh.retries = 2;
    Future<String> answer =
        ClientCalls.futureUnaryCall(
            channel.newCall(UNARY, CallOptions.DEFAULT.withWaitForReady()), "hello");
    Eventually.until("it waits", () -> mesh.attempts.get() == 1);
    channel.shutdownNow();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void manyWaitingCalls_allGoOutWhenTheServerComes() throws Exception {
    int port = closedPort();
    mesh.endpoints(port);
    List<Future<String>> answers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      answers.add(
          ClientCalls.futureUnaryCall(
              channel.newCall(UNARY, CallOptions.DEFAULT.withWaitForReady()), "call" + i));
    }
    try (TestService late = new TestService()) {
      late.start(NettyServerBuilder.forPort(port));
      for (int i = 0; i < 300; i++) {
        assertThat(answers.get(i).get(10, TimeUnit.SECONDS)).isEqualTo("call" + i);
      }
      assertThat(late.calls).hasValue(300);
    }
  }

  @Test
  void serverKilledDuringCall_isNotRepeated() {
    mesh.retries = 1;
    Future<String> answer =
        ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> one.hanging.size() == 1);
    one.server().shutdownNow();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThat(mesh.failures).doesNotContain(Failure.CONNECT, Failure.REFUSED);
    assertThat(mesh.attempts).hasValue(1);
  }

  @Test
  void serverKilledAndRestarted_recovers() throws Exception {
    assertThat(call("hello")).isEqualTo("hello");
    int port = one.port();
    one.close();
    Eventually.until("it fails", () -> outcome("hello") == Status.Code.UNAVAILABLE);
    try (TestService again = new TestService()) {
      again.start(NettyServerBuilder.forPort(port));
      assertThat(call("hello", CallOptions.DEFAULT.withWaitForReady())).isEqualTo("hello");
    }
  }

  @Test
  void endpointRemovedDuringStream_theStreamFinishes() throws Exception {
    Collector collector = new Collector();
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), collector);
    requests.onNext("before");
    Eventually.until("it answers", () -> collector.values.size() == 1);
    mesh.endpoints(two.port());
    assertThat(call("hello", CallOptions.DEFAULT.withWaitForReady())).isEqualTo("hello");
    assertThat(two.calls).hasValue(1);
    requests.onNext("after");
    requests.onCompleted();
    assertThat(collector.status()).isEqualTo(Status.OK);
    assertThat(collector.values).containsExactly("before", "after");
  }

  @Test
  void gracefulServerShutdown_losesNoCall() throws Exception {
    mesh.endpoints(one.port(), two.port());
    mesh.retries = 2;
    Eventually.until("both connected", () -> bothServe());
    AtomicInteger done = new AtomicInteger();
    List<Throwable> errors = new CopyOnWriteArrayList<>();
    Thread load =
        new Thread(
            () -> {
              for (int i = 0; i < 2000; i++) {
                try {
                  call("call " + i);
                  done.incrementAndGet();
                } catch (RuntimeException e) {
                  errors.add(e);
                }
              }
            });
    load.start();
    Eventually.until("some calls", () -> done.get() > 100);
    one.server().shutdown();
    load.join(60_000);
    assertThat(errors).isEmpty();
    assertThat(done).hasValue(2000);
  }
}

package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.CLIENT_STREAM;
import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.inmesh.MeshException;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MeshChannelTest {
  private final FakeMesh mesh = new FakeMesh();
  private final TestService one = new TestService();
  private final TestService two = new TestService();
  private ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @BeforeEach
  void start() throws IOException {
    one.start();
    two.start();
    mesh.endpoints(one.port());
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    Eventually.until("no call open", () -> mesh.callsOpen.get() == 0);
    Eventually.until("nothing in flight", () -> mesh.inFlight.get() == 0);
    assertThat(mesh.violations).isEmpty();
    channel.shutdownNow(); // does not wait for subchannels that lost their endpoint
    one.close();
    two.close();
    assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(mesh.watchers).isEmpty();
  }

  private String call(String request) {
    return call(request, CallOptions.DEFAULT);
  }

  private String call(String request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(channel, UNARY, options, request);
  }

  private static class Collector implements StreamObserver<String> {
    final List<String> values = Collections.synchronizedList(new ArrayList<>());
    final CompletableFuture<Status> end = new CompletableFuture<>();

    @Override
    public void onNext(String value) {
      values.add(value);
    }

    @Override
    public void onError(Throwable t) {
      end.complete(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }

    Status status() throws Exception {
      return end.get(10, TimeUnit.SECONDS);
    }
  }

  // ---- the four kinds of calls

  @Test
  void unary_blocking_answers() {
    assertThat(call("hello")).isEqualTo("hello");
    assertThat(call("again")).isEqualTo("again");
  }

  @Test
  void unary_future_answers() throws Exception {
    Future<String> answer =
        ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), "hello");
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
  }

  @Test
  void unary_async_answers() throws Exception {
    Collector collector = new Collector();
    ClientCalls.asyncUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), "hello", collector);
    assertThat(collector.status()).isEqualTo(Status.OK);
    assertThat(collector.values).containsExactly("hello");
  }

  @Test
  void unary_directExecutor_answers() throws Exception {
    Collector collector = new Collector();
    ClientCalls.asyncUnaryCall(
        channel.newCall(UNARY, CallOptions.DEFAULT.withExecutor(Runnable::run)),
        "hello",
        collector);
    assertThat(collector.status()).isEqualTo(Status.OK);
    assertThat(collector.values).containsExactly("hello");
  }

  @Test
  void serverStream_givesAllInOrder() {
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, SERVER_STREAM, CallOptions.DEFAULT, "count 1000");
    for (int i = 0; i < 1000; i++) {
      assertThat(answers.next()).isEqualTo(Integer.toString(i));
    }
    assertThat(answers.hasNext()).isFalse();
  }

  @Test
  void clientStream_sendsAllInOrder() throws Exception {
    Collector collector = new Collector();
    StreamObserver<String> requests =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(CLIENT_STREAM, CallOptions.DEFAULT), collector);
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      requests.onNext(Integer.toString(i));
      expected.append(i).append(' ');
    }
    requests.onCompleted();
    assertThat(collector.status()).isEqualTo(Status.OK);
    assertThat(collector.values).containsExactly(expected.toString().trim());
  }

  @Test
  void bidi_pingPong() throws Exception {
    LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();
    Collector collector =
        new Collector() {
          @Override
          public void onNext(String value) {
            answers.add(value);
          }
        };
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), collector);
    for (int i = 0; i < 200; i++) {
      requests.onNext("ping " + i);
      assertThat(answers.poll(10, TimeUnit.SECONDS)).isEqualTo("ping " + i);
    }
    requests.onCompleted();
    assertThat(collector.status()).isEqualTo(Status.OK);
  }

  /** Told once: who does not find it ready then waits for ever. */
  @Test
  void stream_thatTellsItIsReady_isReady() throws Exception {
    for (int i = 0; i < 300; i++) {
      ClientCall<String, String> call =
          channel.newCall(BIDI, CallOptions.DEFAULT.withExecutor(Runnable::run));
      CompletableFuture<Boolean> told = new CompletableFuture<>();
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onReady() {
              told.complete(call.isReady());
            }
          },
          new Metadata());
      assertThat(told.get(10, TimeUnit.SECONDS)).isTrue();
      call.cancel("enough", null);
    }
  }

  @Test
  void bidi_fromTwoThreads_losesNothing() throws Exception {
    Collector collector = new Collector();
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), collector);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      requests.onNext(Integer.toString(i));
      expected.add(Integer.toString(i));
    }
    requests.onCompleted();
    assertThat(collector.status()).isEqualTo(Status.OK);
    assertThat(collector.values).isEqualTo(expected);
  }

  @Test
  void parallel_thousandCalls_allAnswer() throws Exception {
    mesh.endpoints(one.port(), two.port());
    List<Future<String>> answers = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      answers.add(
          ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), "call" + i));
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(answers.get(i).get(20, TimeUnit.SECONDS)).isEqualTo("call" + i);
    }
    assertThat(one.calls.get() + two.calls.get()).isEqualTo(1000);
  }

  @Test
  void builtByGrpcItself_works() throws Exception {
    MeshChannels.useByDefault(mesh);
    ManagedChannel plain = ManagedChannelBuilder.forTarget("mesh:///orders").usePlaintext().build();
    try {
      assertThat(ClientCalls.blockingUnaryCall(plain, UNARY, CallOptions.DEFAULT, "hello"))
          .isEqualTo("hello");
    } finally {
      MeshChannels.useByDefault(null);
      plain.shutdown();
      assertThat(plain.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void withoutServiceConfig_fails() {
    ManagedChannel other =
        MeshChannels.builder(mesh, "mesh:///orders").disableServiceConfigLookUp().build();
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(other, UNARY, CallOptions.DEFAULT, "hello"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("UNAVAILABLE");
    assertThat(one.calls).hasValue(0);
    other.shutdownNow();
    Eventually.until("the channel stops", other::isTerminated);
  }

  @Test
  void targetsWithoutAScheme_areStillDns() {
    assertThat(NameResolverRegistry.getDefaultRegistry().getDefaultScheme()).isEqualTo("dns");
  }

  @Test
  void target_wrong_isRefusedWithAHint() {
    assertThatThrownBy(() -> MeshChannels.builder(mesh, "dns:///orders"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mesh:///service");
    assertThatThrownBy(() -> MeshChannels.builder(mesh, "mesh://host/orders"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> MeshChannels.builder(mesh, "mesh:///a/b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---- heads, trailers, compression

  @Test
  void head_carriesFieldsBothWays() throws Exception {
    Metadata headers = new Metadata();
    headers.put(TestService.SERVED_BY, "me");
    CompletableFuture<Metadata> trailers = new CompletableFuture<>();
    ClientCall<String, String> call = channel.newCall(UNARY, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata fields) {
            trailers.complete(fields);
          }
        },
        headers);
    call.request(2);
    call.sendMessage("hello");
    call.halfClose();
    assertThat(trailers.get(10, TimeUnit.SECONDS)).isNotNull();
    Metadata seen = one.heads.get(0);
    assertThat(seen.get(TestService.SERVED_BY)).isEqualTo("me");
    assertThat(new MetadataHeaders(seen).get("x-attempt")).isEqualTo("1");
  }

  @Test
  void compression_gzip_works() {
    assertThat(call("hello hello hello", CallOptions.DEFAULT.withCompression("gzip")))
        .isEqualTo("hello hello hello");
    assertThat(new MetadataHeaders(one.heads.get(0)).get("grpc-encoding")).isEqualTo("gzip");
  }

  @Test
  void compression_unknown_failsWithoutRetry() {
    mesh.retries = 3;
    assertThatThrownBy(() -> call("hello", CallOptions.DEFAULT.withCompression("zzz")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL));
    assertThat(mesh.attempts).hasValue(1);
  }

  // ---- retries

  @Test
  void retry_onStatus_replaysTheMessage() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThat(call("flaky 2 a")).isEqualTo("flaky 2 a");
    assertThat(one.calls).hasValue(3);
    assertThat(one.heads.stream().map(h -> new MetadataHeaders(h).all("x-attempt")).toList())
        .containsExactly(List.of("1"), List.of("2"), List.of("3"));
  }

  @Test
  void retry_usedUp_givesTheLastStatus() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThatThrownBy(() -> call("status 14"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThat(one.calls).hasValue(3);
  }

  @Test
  void retry_withCredentials_sendsTheirFieldsOnce() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(Status.Code.UNAVAILABLE.value());
    Metadata.Key<String> token = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    CallCredentials credentials =
        new CallCredentials() {
          @Override
          public void applyRequestMetadata(
              RequestInfo info, Executor executor, MetadataApplier applier) {
            Metadata fields = new Metadata();
            fields.put(token, "bearer t");
            applier.apply(fields);
          }
        };
    call("flaky 1 a", idempotent().withCallCredentials(credentials));
    assertThat(one.heads).hasSize(2);
    for (Metadata head : one.heads) {
      assertThat(head.getAll(token)).containsExactly("bearer t");
    }
  }

  @Test
  void retry_otherStatus_isNotRetried() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThatThrownBy(() -> call("status 5"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    assertThat(one.calls).hasValue(1);
  }

  @Test
  void retry_goesToAnotherHost() throws Exception {
    mesh.endpoints(one.port(), two.port());
    Eventually.until("both connected", () -> bothServe());
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    int before = one.calls.get() + two.calls.get();
    int first = one.calls.get();
    assertThatThrownBy(() -> call("status 14")).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls.get() + two.calls.get()).isEqualTo(before + 2);
    assertThat(one.calls.get()).isEqualTo(first + 1);
  }

  private boolean bothServe() {
    call("hello");
    return one.calls.get() > 0 && two.calls.get() > 0;
  }

  @Test
  void retry_serverStreamBeforeFirstMessage_isReplayed() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, SERVER_STREAM, CallOptions.DEFAULT, "status 14");
    assertThatThrownBy(answers::hasNext).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls).hasValue(2);
  }

  @Test
  void retry_serverStreamAfterFirstMessage_isNot() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, SERVER_STREAM, CallOptions.DEFAULT, "break");
    assertThat(answers.next()).isEqualTo("one");
    assertThatThrownBy(answers::hasNext).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls).hasValue(1);
  }

  @Test
  void retry_perTryTimeout_leavesTheSlowHost() {
    mesh.retries = 1;
    mesh.perTryNanos = TimeUnit.MILLISECONDS.toNanos(100);
    assertThatThrownBy(() -> call("hang", idempotent()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    assertThat(one.calls).hasValue(2);
    Eventually.until("both streams reset", () -> one.cancelled.get() == 2);
  }

  @Test
  void retry_deadHost_isSkipped() throws Exception {
    mesh.endpoints(one.port(), closedPort());
    for (int i = 0; i < 20; i++) {
      assertThat(call("hello")).isEqualTo("hello");
    }
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  // ---- connections that fail

  @Test
  void deadCluster_failsFast() throws Exception {
    mesh.endpoints(closedPort());
    long start = System.nanoTime();
    assertThatThrownBy(() -> call("hello"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getCause()).isInstanceOf(MeshException.class);
            });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
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
      assertThat(channel.getState(false)).isEqualTo(ConnectivityState.IDLE);
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

  private Status.Code outcome(String request) {
    try {
      call(request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
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
    load.join(20_000);
    assertThat(errors).isEmpty();
    assertThat(done).hasValue(2000);
  }

  // ---- cancellation and deadlines

  @Test
  void cancel_reachesTheServer() throws Exception {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<String, String> call = channel.newCall(UNARY, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata fields) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage("hang");
    call.halfClose();
    Eventually.until("it hangs", () -> one.hanging.size() == 1);
    call.cancel("enough", null);
    assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(end.get().getDescription()).contains("enough");
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void cancel_duringServerStream_ends() throws Exception {
    AtomicReference<@Nullable ClientCallStreamObserver<String>> control = new AtomicReference<>();
    Collector collector = new Collector();
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(SERVER_STREAM, CallOptions.DEFAULT),
        "count 100000000 100",
        new ClientResponseObserver<String, String>() {
          @Override
          public void beforeStart(ClientCallStreamObserver<String> requestStream) {
            control.set(requestStream);
          }

          @Override
          public void onNext(String value) {
            collector.onNext(value);
          }

          @Override
          public void onError(Throwable t) {
            collector.onError(t);
          }

          @Override
          public void onCompleted() {
            collector.onCompleted();
          }
        });
    Eventually.until("messages", () -> collector.values.size() > 10);
    ClientCallStreamObserver<String> stream = control.get();
    assertThat(stream).isNotNull();
    stream.cancel("enough", null);
    assertThat(collector.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void cancelledContext_cancelsAlsoLaterAttempts() throws Exception {
    mesh.retries = 1;
    mesh.perTryNanos = TimeUnit.MILLISECONDS.toNanos(50);
    Context.CancellableContext context = Context.current().withCancellation();
    Future<String> answer =
        context.call(
            () -> ClientCalls.futureUnaryCall(channel.newCall(UNARY, idempotent()), "hang"));
    Eventually.until("the second attempt hangs", () -> one.hanging.size() == 2);
    mesh.perTryNanos = 0;
    context.cancel(null);
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).isNotNull();
    Eventually.until("the server knows", () -> one.cancelled.get() == 2);
  }

  @Test
  void deadline_ofTheOptions_ends() {
    assertThatThrownBy(
            () -> call("hang", CallOptions.DEFAULT.withDeadlineAfter(150, TimeUnit.MILLISECONDS)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void deadline_ofTheContext_isInherited() throws Exception {
    Context.CancellableContext context =
        Context.current()
            .withDeadlineAfter(
                150,
                TimeUnit.MILLISECONDS,
                java.util.concurrent.Executors.newSingleThreadScheduledExecutor(
                    task -> {
                      Thread thread = new Thread(task);
                      thread.setDaemon(true);
                      return thread;
                    }));
    assertThatThrownBy(() -> context.call(() -> call("hang")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    context.cancel(null);
  }

  @Test
  void context_keepsNoListenerOfFinishedCalls() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    AtomicInteger told = new AtomicInteger();
    context.run(
        () -> {
          for (int i = 0; i < 20; i++) {
            call("hello");
          }
        });
    mesh.endpoints();
    context.run(() -> assertThat(outcome("hello")).isEqualTo(Status.Code.UNAVAILABLE));
    int before = mesh.cancels.get();
    context.addListener(ended -> told.incrementAndGet(), Runnable::run);
    context.cancel(null);
    assertThat(told).hasValue(1);
    assertThat(mesh.cancels).hasValue(before);
  }

  @Test
  void callback_runsInTheCallersContext() throws Exception {
    Context.Key<String> key = Context.key("who");
    Context.CancellableContext context = Context.current().withValue(key, "me").withCancellation();
    CompletableFuture<Context> seen = new CompletableFuture<>();
    context.run(
        () ->
            ClientCalls.asyncUnaryCall(
                channel.newCall(UNARY, CallOptions.DEFAULT),
                "hello",
                new Collector() {
                  @Override
                  public void onNext(String value) {
                    seen.complete(Context.current());
                  }
                }));
    Context inside = seen.get(10, TimeUnit.SECONDS);
    assertThat(key.get(inside)).isEqualTo("me");
    assertThat(inside.isCancelled()).isFalse();
    context.cancel(null);
    assertThat(inside.isCancelled()).isTrue();
  }

  // ---- answers of the mesh itself

  @Test
  void localReply_becomesAStatus() {
    mesh.reply =
        new LocalReply(
            503,
            14,
            List.of(Map.entry("x-why", "fault")),
            "injected",
            MeshException.Reason.FAULT_INJECTED);
    assertThatThrownBy(() -> call("hello"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getDescription()).isEqualTo("injected");
              Metadata trailers = e.getTrailers();
              assertThat(trailers).isNotNull();
              assertThat(new MetadataHeaders(trailers).get("x-why")).isEqualTo("fault");
            });
    assertThat(one.calls).hasValue(0);
  }

  @Test
  void noEndpoint_isUnavailable() {
    mesh.endpoints();
    assertThatThrownBy(() -> call("hello"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getCause())
                  .isInstanceOfSatisfying(
                      MeshException.class,
                      m ->
                          assertThat(m.reason())
                              .isEqualTo(MeshException.Reason.NO_HEALTHY_ENDPOINT));
            });
  }

  // ---- flow control

  @Test
  void slowReader_holdsTheServerBack() throws Exception {
    ClientCall<String, String> call = channel.newCall(SERVER_STREAM, CallOptions.DEFAULT);
    AtomicInteger received = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            received.incrementAndGet();
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.countDown();
          }
        },
        new Metadata());
    call.sendMessage("count 5000 10000");
    call.halfClose();
    call.request(3);
    Eventually.until("three messages", () -> received.get() == 3);
    long stable = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
    Eventually.until("a while", () -> System.nanoTime() - stable > 0);
    assertThat(received).hasValue(3);
    assertThat(one.sent.get()).isLessThan(1000);
    call.cancel("done", null);
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
  }
}

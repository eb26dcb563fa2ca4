package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.CLIENT_STREAM;
import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.MeshException;
import io.inmesh.call.LocalReply;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MeshChannelTest extends TwoServers {
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

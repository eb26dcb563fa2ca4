package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.CLIENT_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.model.Cluster;
import io.inmesh.model.Fraction;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Copies of calls, on the real engine. */
class MirrorTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final String SHADOW = Snapshots.clusterName("shadow", 80);

  private final EngineMesh mesh = new EngineMesh();
  private final TestService primary = new TestService();
  private final TestService copy = new TestService();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @BeforeEach
  void start() throws IOException {
    primary.start();
    copy.start();
    mirrorTo(copy.port());
  }

  private void mirrorTo(int port) {
    mesh.update(
        Snapshots.builder()
            .add("orders", 80, Cluster.Protocol.HTTP2, endpoint("127.0.0.1", primary.port()))
            .add("shadow", 80, Cluster.Protocol.HTTP2, endpoint("127.0.0.1", port))
            .routes("orders", 80, TestRoute.any().to(ORDERS).mirror(SHADOW, Fraction.ALL))
            .build());
  }

  @AfterEach
  void nothingLeaks() {
    Eventually.until("the engine is idle", mesh.engine::idle);
    channel.shutdownNow();
    primary.close();
    copy.close();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private static final class Collector implements StreamObserver<String> {
    final List<String> values = new CopyOnWriteArrayList<>();
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
  }

  @Test
  void unary_isCopied_andTheCopysAnswerIsNotSeen() {
    String answer = ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello");
    assertThat(answer).isEqualTo("hello");
    Eventually.until("the copy arrives", () -> copy.received.contains("hello"));
    assertThat(primary.received).containsExactly("hello");
  }

  @Test
  void unary_copyFails_theCallDoesNot() {
    copy.failsAlways = true;
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
    Eventually.until("the copy arrives", () -> copy.calls.get() == 1);
  }

  @Test
  void unary_copyHangs_theCallDoesNotWait() {
    copy.hangsAlways = true;
    for (int i = 0; i < 5; i++) {
      assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"))
          .isEqualTo("hello");
    }
    Eventually.until("the copies hang", () -> copy.hanging.size() == 5);
    copy.hanging.forEach(
        response -> {
          response.onNext("late");
          response.onCompleted();
        });
  }

  @Test
  void unary_nobodyAtTheMirror_theCallDoesNotNotice() throws Exception {
    int nobody;
    try (ServerSocket socket = new ServerSocket(0)) {
      nobody = socket.getLocalPort();
    }
    mirrorTo(nobody);
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
  }

  @Test
  void clientStream_isCopiedWhole() throws Exception {
    Collector collector = new Collector();
    StreamObserver<String> requests =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(CLIENT_STREAM, CallOptions.DEFAULT), collector);
    for (int i = 0; i < 200; i++) {
      requests.onNext("m" + i);
    }
    requests.onCompleted();
    assertThat(collector.end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    Eventually.until("the copy is complete", () -> copy.received.size() == 200);
    assertThat(copy.received).isEqualTo(primary.received);
  }

  @Test
  void bidi_isCopiedAsItIsSent() throws Exception {
    Collector collector = new Collector();
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), collector);
    requests.onNext("one");
    Eventually.until("it is copied", () -> copy.received.contains("one"));
    Eventually.until("it is answered", () -> collector.values.contains("one"));
    requests.onNext("two");
    requests.onCompleted();
    assertThat(collector.end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    assertThat(collector.values).containsExactly("one", "two");
    Eventually.until("it is copied whole", () -> copy.received.contains("two"));
  }

  @Test
  void bidi_brokenOff_endsTheCopy() {
    ClientCall<String, String> call = channel.newCall(BIDI, CallOptions.DEFAULT);
    StreamObserver<String> requests = ClientCalls.asyncBidiStreamingCall(call, new Collector());
    requests.onNext("one");
    Eventually.until("it is copied", () -> copy.received.contains("one"));
    call.cancel("enough", null);
    Eventually.until("the copy is reset", () -> copy.cancelled.get() == 1);
  }

  @Test
  void stream_copyThatDoesNotKeepUp_isGivenUp_theStreamIsNot() throws Exception {
    copy.readsNothing = true;
    Collector collector = new Collector();
    ClientCall<String, String> call = channel.newCall(CLIENT_STREAM, CallOptions.DEFAULT);
    StreamObserver<String> requests = ClientCalls.asyncClientStreamingCall(call, collector);
    Eventually.until("the copy begins", () -> copy.calls.get() == 1);
    String large = "x".repeat(64 * 1024);
    for (int i = 0; i < 40; i++) {
      requests.onNext(large);
    }
    Eventually.until("the copy is reset", () -> copy.cancelled.get() == 1);
    requests.onCompleted();
    assertThat(collector.end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    assertThat(primary.received).hasSize(40);
  }

  @Test
  void copy_hasItsOwnFields() {
    ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello");
    Eventually.until("the copy arrives", () -> copy.authorities.size() == 1);
    Metadata head = copy.heads.get(0);
    assertThat(
            head.containsKey(
                Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER)))
        .isFalse();
    assertThat(copy.authorities).containsExactly("orders-shadow");
  }
}

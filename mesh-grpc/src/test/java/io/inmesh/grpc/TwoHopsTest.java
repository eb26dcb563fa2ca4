package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A caller, a service in the middle and one at the end: who gives up, and who hears of it. */
class TwoHopsTest {
  private final EngineMesh mesh = new EngineMesh();
  private final TestService leaf = new TestService();
  private final ManagedChannel toMiddle = MeshChannels.forTarget(mesh, "mesh:///middle");
  private final ManagedChannel toLeaf = MeshChannels.forTarget(mesh, "mesh:///leaf");
  private @Nullable Server middle;

  @BeforeEach
  void start() throws IOException {
    int port;
    int leafPort;
    try (ServerSocket one = new ServerSocket(0);
        ServerSocket two = new ServerSocket(0)) {
      port = one.getLocalPort();
      leafPort = two.getLocalPort();
    }
    leaf.start(MeshServers.builder(mesh, leafPort));
    middle =
        MeshServers.builder(mesh, port)
            .addService(
                ServerServiceDefinition.builder("test.Strings")
                    .addMethod(
                        UNARY,
                        ServerCalls.asyncUnaryCall(
                            (request, response) ->
                                ClientCalls.asyncUnaryCall(
                                    call(UNARY, CallOptions.DEFAULT), request, response)))
                    .addMethod(
                        SERVER_STREAM,
                        ServerCalls.asyncServerStreamingCall(
                            (request, response) ->
                                ClientCalls.asyncServerStreamingCall(
                                    call(SERVER_STREAM, CallOptions.DEFAULT), request, response)))
                    .addMethod(
                        BIDI,
                        ServerCalls.asyncBidiStreamingCall(
                            response ->
                                ClientCalls.asyncBidiStreamingCall(
                                    call(BIDI, CallOptions.DEFAULT), response)))
                    .build())
            .build()
            .start();
    mesh.update(
        Snapshots.builder()
            .add("middle", 80, Cluster.Protocol.HTTP2, endpoint("127.0.0.1", port))
            .add("leaf", 80, Cluster.Protocol.HTTP2, endpoint("127.0.0.1", leafPort))
            .build());
  }

  @AfterEach
  void nothingLeaks() {
    Eventually.until("the engine is idle", mesh.engine::idle);
    toMiddle.shutdownNow();
    toLeaf.shutdownNow();
    if (middle != null) {
      middle.shutdownNow();
    }
    leaf.close();
    Eventually.until("the channels stop", () -> toMiddle.isTerminated() && toLeaf.isTerminated());
  }

  private ClientCall<String, String> call(
      MethodDescriptor<String, String> method, CallOptions options) {
    return toLeaf.newCall(method, options);
  }

  private static StreamObserver<String> ignoring(Consumer<Status> end) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {}

      @Override
      public void onError(Throwable t) {
        end.accept(Status.fromThrowable(t));
      }

      @Override
      public void onCompleted() {
        end.accept(Status.OK);
      }
    };
  }

  @Test
  void answer_comesThrough() {
    assertThat(ClientCalls.blockingUnaryCall(toMiddle, UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
  }

  @Test
  void deadline_shrinksOnItsWay_andEndsTheLeaf() {
    CallOptions bounded = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    ClientCalls.blockingUnaryCall(toMiddle, UNARY, bounded, "hello");
    assertThat(leaf.lastDeadlineMillis).isBetween(1L, 20_000L);
    do {
      CallOptions brief = CallOptions.DEFAULT.withDeadlineAfter(400, TimeUnit.MILLISECONDS);
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(toMiddle, UNARY, brief, "hang"));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    } while (leaf.hanging.isEmpty()); // the way there may have taken all the time
    Eventually.until("the leaf hears of it", () -> leaf.cancelled.get() == leaf.hanging.size());
  }

  @Test
  void cancelledUnaryCall_cancelsTheLeaf() {
    var answer = ClientCalls.futureUnaryCall(toMiddle.newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> leaf.hanging.size() == 1);
    assertThat(answer.cancel(true)).isTrue();
    Eventually.until("the leaf hears of it", () -> leaf.cancelled.get() == 1);
  }

  @Test
  void cancelledContext_cancelsTheLeafsStream() {
    Context.CancellableContext context = Context.current().withCancellation();
    CountDownLatch ended = new CountDownLatch(1);
    context.run(
        () ->
            ClientCalls.asyncServerStreamingCall(
                toMiddle.newCall(SERVER_STREAM, CallOptions.DEFAULT),
                "hang",
                ignoring(status -> ended.countDown())));
    Eventually.until("it hangs", () -> leaf.hanging.size() == 1);
    context.cancel(null);
    Eventually.until("the leaf hears of it", () -> leaf.cancelled.get() == 1);
    Eventually.until("the caller, too", () -> ended.getCount() == 0);
  }

  @Test
  void cancelledBidiCall_cancelsTheLeaf() {
    ClientCall<String, String> call = toMiddle.newCall(BIDI, CallOptions.DEFAULT);
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(call, ignoring(status -> {}));
    requests.onNext("hello");
    Eventually.until("it arrived", () -> leaf.calls.get() == 1);
    call.cancel("enough", null);
    Eventually.until("the leaf hears of it", () -> leaf.cancelled.get() == 1);
  }

  @Test
  void leafsFailure_comesBackAsItIs() {
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(toMiddle, UNARY, CallOptions.DEFAULT, "status 5"));
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }
}

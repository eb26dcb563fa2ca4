package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.CLIENT_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.call.Failure;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What grpc-netty says of failed streams: {@link GrpcStatuses#classify} reads it, so a change in
 * grpc-java must show here.
 */
class FailureContractTest {
  private final FakeMesh mesh = new FakeMesh();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @AfterEach
  void nothingLeaks() {
    Eventually.until("no call open", () -> mesh.callsOpen.get() == 0);
    Eventually.until("nothing in flight", () -> mesh.inFlight.get() == 0);
    assertThat(mesh.violations).isEmpty();
    channel.shutdownNow(); // does not wait for subchannels that lost their endpoint
    Eventually.until("the channel stops", channel::isTerminated);
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        arguments("reset REFUSED_STREAM", reset(Http2Error.REFUSED_STREAM), Failure.REFUSED),
        arguments("reset CANCEL", reset(Http2Error.CANCEL), Failure.RESET),
        arguments("reset INTERNAL_ERROR", reset(Http2Error.INTERNAL_ERROR), Failure.RESET),
        arguments("reset NO_ERROR", reset(Http2Error.NO_ERROR), Failure.RESET),
        arguments("reset ENHANCE_YOUR_CALM", reset(Http2Error.ENHANCE_YOUR_CALM), Failure.RESET),
        arguments("reset PROTOCOL_ERROR", reset(Http2Error.PROTOCOL_ERROR), Failure.PROTOCOL),
        arguments(
            "go away NO_ERROR", RawServer.goAway(Http2Error.NO_ERROR.code()), Failure.REFUSED),
        arguments(
            "go away INTERNAL_ERROR",
            RawServer.goAway(Http2Error.INTERNAL_ERROR.code()),
            Failure.CONNECTION_LOST),
        arguments("connection closed", RawServer.drop(), Failure.CONNECTION_LOST));
  }

  private static BiConsumer<ChannelHandlerContext, Http2FrameStream> reset(Http2Error error) {
    return RawServer.reset(error.code());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void brokenStream_isClassified(
      String name, BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction, Failure expected) {
    try (RawServer server = new RawServer(reaction)) {
      mesh.endpoints(server.port());
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"));
      assertThat(thrown).isNotNull();
      assertThat(mesh.failures).containsExactly(expected);
      assertThat(server.streams).hasValue(1);
    }
  }

  @Test
  void refusedStream_isRepeatedByTheEngine_notByGrpc() {
    try (RawServer server = new RawServer(reset(Http2Error.REFUSED_STREAM))) {
      mesh.endpoints(server.port());
      mesh.retries = 3;
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.streams).hasValue(4);
      assertThat(mesh.attempts).hasValue(4);
    }
  }

  @Test
  void refusedStream_onAChannelWithGrpcRetries_isRepeatedByTheEngineToo() {
    ManagedChannel retrying = MeshChannels.builder(mesh, "mesh:///orders").enableRetry().build();
    try (RawServer server = new RawServer(reset(Http2Error.REFUSED_STREAM))) {
      mesh.endpoints(server.port());
      mesh.retries = 3;
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(retrying, UNARY, CallOptions.DEFAULT, "hello"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.streams).hasValue(4);
      assertThat(mesh.failures).containsOnly(Failure.REFUSED);
    } finally {
      retrying.shutdownNow();
      Eventually.until("the channel stops", retrying::isTerminated);
    }
  }

  @Test
  void refusedStream_ofManyRequests_isNotRepeated() throws Exception {
    try (RawServer server = new RawServer(reset(Http2Error.REFUSED_STREAM))) {
      mesh.endpoints(server.port());
      mesh.retries = 3;
      CompletableFuture<Status> end = new CompletableFuture<>();
      StreamObserver<String> requests =
          ClientCalls.asyncClientStreamingCall(
              channel.newCall(CLIENT_STREAM, CallOptions.DEFAULT),
              new StreamObserver<>() {
                @Override
                public void onNext(String value) {}

                @Override
                public void onError(Throwable t) {
                  end.complete(Status.fromThrowable(t));
                }

                @Override
                public void onCompleted() {
                  end.complete(Status.OK);
                }
              });
      requests.onNext("one");
      assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.streams).hasValue(1);
    }
  }

  @Test
  void manyRequests_neverWritten_areRepeated() throws Exception {
    // No stream may be opened, so gRPC keeps it back; then the connection goes away.
    try (RawServer closed =
            new RawServer(RawServer.drop(), new Http2Settings().maxConcurrentStreams(0));
        TestService open = new TestService().start()) {
      mesh.endpoints(closed.port());
      mesh.retries = 1;
      ManagedChannel both = MeshChannels.forTarget(mesh, "mesh:///orders");
      Eventually.until("connected", () -> both.getState(true) == ConnectivityState.READY);
      mesh.endpoints(closed.port(), open.port());
      mesh.firstChoice = open.port();
      Eventually.until("connected to both", () -> answers(both));
      int before = mesh.attempts.get();
      mesh.firstChoice = closed.port();
      CompletableFuture<String> answer = new CompletableFuture<>();
      StreamObserver<String> requests =
          ClientCalls.asyncClientStreamingCall(
              both.newCall(CLIENT_STREAM, CallOptions.DEFAULT),
              new StreamObserver<>() {
                @Override
                public void onNext(String value) {
                  answer.complete(value);
                }

                @Override
                public void onError(Throwable t) {
                  answer.completeExceptionally(t);
                }

                @Override
                public void onCompleted() {}
              });
      requests.onNext("one");
      requests.onNext("two");
      Eventually.until("it was sent to the first", () -> mesh.inFlight.get() == 1);
      closed.closeConnections();
      Eventually.until("the second attempt", () -> mesh.attempts.get() == before + 2);
      requests.onNext("three");
      requests.onCompleted();
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("one two three");
      assertThat(mesh.failures).containsExactly(Failure.RESET_BEFORE_REQUEST);
      both.shutdown();
      Eventually.until("the channel stops", both::isTerminated);
    }
  }

  private static boolean answers(ManagedChannel channel) {
    try {
      CallOptions briefly = CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS);
      return ClientCalls.blockingUnaryCall(channel, UNARY, briefly, "hello").equals("hello");
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Test
  void failingConnection_isBegunAnew_ratherThanBackingOff() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    try (ServerSocket refusing = new ServerSocket(0)) {
      Thread acceptor =
          new Thread(
              () -> {
                try {
                  while (true) {
                    refusing.accept().close();
                    tries.incrementAndGet();
                  }
                } catch (IOException e) {
                  // closed
                }
              });
      acceptor.start();
      mesh.endpoints(refusing.getLocalPort());
      ManagedChannel eager =
          MeshChannels.builder(mesh, "mesh:///orders")
              .setNameResolverArg(MeshNameResolverProvider.RENEWAL, Duration.ofMillis(50))
              .build();
      assertThat(eager.getState(true)).isNotNull();
      // By back-off alone it would be five within ten seconds.
      Eventually.until("many tries", () -> tries.get() > 10);
      eager.shutdownNow();
      Eventually.until("the channel stops", eager::isTerminated);
    }
  }

  @Test
  void securedCluster_isNeverReachedInPlaintext() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.secured = true;
      mesh.connectTimeout = Duration.ofMillis(200); // there is no identity to wait for
      mesh.endpoints(service.port());
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(mesh.failures).containsExactly(Failure.TLS);
      assertThat(service.calls).hasValue(0);
    }
  }

  @Test
  void answerOfAProxy_isAnAnswer() {
    try (RawServer server = new RawServer(RawServer.status(503))) {
      mesh.endpoints(server.port());
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(thrown.getStatus().getDescription()).contains("503");
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void failingCredentials_areNotRetried() {
    try (RawServer server = new RawServer(RawServer.drop())) {
      mesh.endpoints(server.port());
      mesh.retries = 3;
      CallCredentials broken =
          new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                RequestInfo info, Executor executor, MetadataApplier applier) {
              applier.fail(Status.UNAUTHENTICATED.withDescription("no token"));
            }
          };
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  ClientCalls.blockingUnaryCall(
                      channel, UNARY, CallOptions.DEFAULT.withCallCredentials(broken), "hello"));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(thrown.getStatus().getDescription()).isEqualTo("no token");
      assertThat(server.streams).hasValue(0);
      assertThat(mesh.attempts).hasValue(1);
    }
  }

  @Test
  void listenerThatThrows_cancelsTheCall() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      CompletableFuture<Status> end = new CompletableFuture<>();
      io.grpc.ClientCall<String, String> call = channel.newCall(UNARY, CallOptions.DEFAULT);
      call.start(
          new io.grpc.ClientCall.Listener<>() {
            @Override
            public void onMessage(String message) {
              throw new IllegalStateException("as asked");
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.request(2);
      call.sendMessage("hello");
      call.halfClose();
      assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
    }
  }
}

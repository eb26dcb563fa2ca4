package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.call.Admission;
import io.inmesh.call.Headers;
import io.inmesh.call.Inbound;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import io.inmesh.testing.OpenCall;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server does with requests that have an idempotency key. */
class KeyedCallTest {
  private final EngineMesh mesh = new EngineMesh();
  private final TestService service = new TestService();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private volatile @Nullable StoredResponse stored;
  private @Nullable ManagedChannel channel;

  private final class Recorder implements ResponseRecorder {
    @Override
    public void head(ResponseHead head) {
      events.add("head");
    }

    @Override
    public void part(ByteBuffer bytes) {
      events.add("part " + StandardCharsets.UTF_8.decode(bytes));
    }

    @Override
    public void end(int grpcStatus, @Nullable Headers trailers) {
      String message = trailers == null ? null : trailers.get("grpc-message");
      events.add("end " + grpcStatus + (message == null ? "" : " " + message));
    }

    @Override
    public void forget() {
      events.add("forget");
    }
  }

  private final class Keyed extends OpenCall {
    private final Recorder recorder = new Recorder();

    @Override
    public ResponseRecorder recorder() {
      return recorder;
    }

    @Override
    public void cancel() {
      events.add("cancel");
    }

    @Override
    public void finish(int status, int grpcStatus) {
      events.add("finish " + status + "/" + grpcStatus);
    }
  }

  @BeforeEach
  void start() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    mesh.inbound =
        new Inbound() {
          @Override
          public Admission admit(RequestHead head, Peer from) {
            StoredResponse before = stored;
            return before == null
                ? new Admission.Allowed(new Keyed())
                : new Admission.Replayed(new Keyed(), before);
          }
        };
    service.start(MeshServers.builder(mesh, port));
    channel = NettyChannelBuilder.forTarget("dns:///localhost:" + port).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel().shutdownNow();
    service.close();
    Eventually.until("the channel stops", channel()::isTerminated);
  }

  private ManagedChannel channel() {
    ManagedChannel open = channel;
    if (open == null) {
      throw new IllegalStateException("not started");
    }
    return open;
  }

  @Test
  void response_isRecordedAsItIsWritten() {
    ClientCalls.blockingServerStreamingCall(channel(), SERVER_STREAM, CallOptions.DEFAULT, "n 2")
        .forEachRemaining(value -> {});
    Eventually.until("it is finished", () -> events.contains("finish 200/0"));
    assertThat(events).containsExactly("head", "part 0", "part 1", "end 0", "finish 200/0");
  }

  @Test
  void failure_isRecordedWithItsMessage() {
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(channel(), UNARY, CallOptions.DEFAULT, "flaky 1 a"))
        .isInstanceOf(StatusRuntimeException.class);
    Eventually.until("it is finished", () -> events.contains("finish 200/14"));
    assertThat(events).containsExactly("end 14 flaky", "finish 200/14");
  }

  @Test
  void storedResponse_isGivenAgain_withoutTheHandler() {
    stored =
        new StoredResponse(
            200,
            List.of(Map.entry("x-kept", "yes")),
            List.of("as before".getBytes(StandardCharsets.UTF_8)),
            0,
            List.of());
    assertThat(ClientCalls.blockingUnaryCall(channel(), UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("as before");
    assertThat(service.calls).hasValue(0);
    Eventually.until("it is finished", () -> !events.isEmpty());
    assertThat(events).containsExactly("finish 200/0");
  }

  @Test
  void storedFailure_isGivenAgain() {
    stored =
        new StoredResponse(
            200,
            List.of(),
            List.of(),
            5,
            List.of(Map.entry("grpc-message", "no such thing"), Map.entry("x-why", "gone")));
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel(), UNARY, CallOptions.DEFAULT, "hello"));
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(thrown.getStatus().getDescription()).isEqualTo("no such thing");
    Metadata trailers = thrown.getTrailers();
    assertThat(trailers).isNotNull();
    assertThat(new MetadataHeaders(trailers).get("x-why")).isEqualTo("gone");
  }

  @Test
  void callerGone_afterTheRequest_theHandlerGoesOn() {
    var answer = ClientCalls.futureUnaryCall(channel().newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> service.hanging.size() == 1);
    assertThat(answer.cancel(true)).isTrue();
    // Another call on the same connection: the server has read the reset before it.
    ClientCalls.blockingUnaryCall(channel(), UNARY, CallOptions.DEFAULT, "hello");
    assertThat(service.cancelled).hasValue(0);
    service.hanging.get(0).onNext("late");
    service.hanging.get(0).onCompleted();
    Eventually.until("it is recorded", () -> events.contains("part late"));
    Eventually.until("it is finished", () -> events.stream().filter(this::finished).count() == 2);
    assertThat(events).doesNotContain("cancel", "forget");
  }

  private boolean finished(String event) {
    return event.equals("finish 200/0");
  }

  @Test
  void callerGone_beforeTheEndOfTheRequest_hadNoEffect() {
    ClientCall<String, String> call = channel().newCall(UNARY, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage("hello");
    Eventually.until("it arrived", () -> service.calls.get() == 1);
    call.cancel("enough", null);
    Eventually.until("it is finished", () -> events.contains("finish 0/1"));
    assertThat(events).containsExactly("forget", "cancel", "finish 0/1");
  }
}

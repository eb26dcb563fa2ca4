package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.Iterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is too large fails with a code that says so, and is not tried again. */
class MessageSizeTest {
  private static final String LARGE = "x".repeat(8 * 1024);

  private final FakeMesh mesh = new FakeMesh();
  private final ManagedChannel channel =
      MeshChannels.builder(mesh, "mesh:///orders").maxInboundMessageSize(4 * 1024).build();

  @AfterEach
  void nothingLeaks() {
    Eventually.until("no call open", () -> mesh.callsOpen.get() == 0);
    Eventually.until("nothing in flight", () -> mesh.inFlight.get() == 0);
    assertThat(mesh.violations).isEmpty();
    channel.shutdownNow();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private Status failure(CallOptions options, String request) {
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, UNARY, options, request));
    assertThat(thrown).isNotNull();
    return thrown.getStatus();
  }

  @Test
  void response_overTheClientsLimit_isNotRetried() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      mesh.retries = 3;
      assertThat(failure(idempotent(), LARGE).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(service.calls).hasValue(1);
    }
  }

  @Test
  void streamedResponse_overTheClientsLimit_endsTheCall() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      Iterator<String> answers =
          ClientCalls.blockingServerStreamingCall(
              channel, SERVER_STREAM, idempotent(), "count 3 " + LARGE.length());
      StatusRuntimeException thrown =
          catchThrowableOfType(StatusRuntimeException.class, answers::hasNext);
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void request_overTheClientsLimit_neverLeaves() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      mesh.retries = 3;
      Status status = failure(idempotent().withMaxOutboundMessageSize(1024), LARGE);
      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(mesh.attempts).hasValue(1);
      // The stream's head may be on its way by then; what comes behind it on the connection tells.
      ClientCalls.blockingUnaryCall(channel, UNARY, idempotent(), "hello");
      assertThat(service.received).containsExactly("hello");
    }
  }

  @Test
  void request_overTheServersLimit_isAnAnswer() throws Exception {
    try (TestService service =
        new TestService().start(NettyServerBuilder.forPort(0).maxInboundMessageSize(1024))) {
      mesh.endpoints(service.port());
      mesh.retries = 3;
      assertThat(failure(CallOptions.DEFAULT, LARGE).getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void head_overTheServersLimit_isRefused() throws Exception {
    try (TestService service =
        new TestService().start(NettyServerBuilder.forPort(0).maxInboundMetadataSize(2048))) {
      mesh.endpoints(service.port());
      Metadata fields = new Metadata();
      fields.put(Metadata.Key.of("x-large", Metadata.ASCII_STRING_MARSHALLER), LARGE);
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  ClientCalls.blockingUnaryCall(
                      io.grpc.ClientInterceptors.intercept(
                          channel, MetadataUtils.newAttachHeadersInterceptor(fields)),
                      UNARY,
                      CallOptions.DEFAULT,
                      "hello"));
      assertThat(thrown.getStatus().isOk()).isFalse();
      assertThat(service.calls).hasValue(0);
    }
  }
}

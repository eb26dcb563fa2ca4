package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers that end connections while calls are made, on the real engine. */
class GoAwayTest {
  private final EngineMesh mesh = new EngineMesh();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @AfterEach
  void nothingLeaks() {
    Eventually.until("the engine is idle", mesh.engine::idle);
    channel.shutdownNow();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private void orders(int port) {
    mesh.update(Snapshots.service("orders", Cluster.Protocol.HTTP2, endpoint("127.0.0.1", port)));
  }

  @Test
  void connectionsThatAgeQuickly_loseNoCall() throws Exception {
    try (TestService service =
        new TestService()
            .start(
                NettyServerBuilder.forPort(0)
                    .maxConnectionAge(20, TimeUnit.MILLISECONDS)
                    .maxConnectionAgeGrace(10, TimeUnit.SECONDS))) {
      service.recordHeads = false;
      orders(service.port());
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
      int calls = 0;
      while (System.nanoTime() - end < 0) {
        ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello");
        calls++;
      }
      assertThat(service.calls).hasValue(calls);
    }
  }

  @Test
  void streamOnAConnectionThatGoesAway_finishes() throws Exception {
    try (TestService service = new TestService().start()) {
      orders(service.port());
      EchoCall call = new EchoCall(channel);
      call.echo("before");
      service.server().shutdown(); // GOAWAY on all connections
      call.echo("after");
      call.finish();
    }
  }

  @Test
  void goAwayBelowTheStream_isRepeatedOnce_withoutAnyPolicy() {
    // It was certainly not processed, so even a call that is not idempotent is tried again.
    try (RawServer server = new RawServer(RawServer.goAway(Http2Error.NO_ERROR.code()))) {
      orders(server.port());
      failure();
      assertThat(server.streams.get()).isBetween(2, 3);
    }
  }

  @Test
  void goAwayForTooManyPings_isNotRepeated() {
    try (RawServer server = new RawServer(RawServer.goAway(Http2Error.ENHANCE_YOUR_CALM.code()))) {
      orders(server.port());
      assertThat(failure().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.streams).hasValue(1);
    }
  }

  private Status failure() {
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"));
    assertThat(thrown).isNotNull();
    return thrown.getStatus();
  }
}

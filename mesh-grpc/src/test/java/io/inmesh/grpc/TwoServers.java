package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A channel of a fake mesh to two real servers, and what must be left of it after each test. */
abstract class TwoServers {
  final FakeMesh mesh = new FakeMesh();
  final TestService one = new TestService();
  final TestService two = new TestService();
  ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

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
    assertThat(channel.awaitTermination(40, TimeUnit.SECONDS)).isTrue();
    assertThat(mesh.watchers).isEmpty();
  }

  String call(String request) {
    return call(request, CallOptions.DEFAULT);
  }

  String call(String request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(channel, UNARY, options, request);
  }

  static class Collector implements StreamObserver<String> {
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
      return end.get(40, TimeUnit.SECONDS);
    }
  }

  boolean bothServe() {
    call("hello");
    return one.calls.get() > 0 && two.calls.get() > 0;
  }

  static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  Status.Code outcome(String request) {
    try {
      call(request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }
}

package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How much of requests is kept for attempts that may follow. */
class ReplayBudgetTest {
  @Test
  void largeRequest_isSentOnce_andSmallOnesAreRepeated() throws Exception {
    FakeMesh mesh = new FakeMesh();
    ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      mesh.retries = 1;
      mesh.retryOn = Set.of(Status.Code.UNAVAILABLE.value());

      String small = "flaky 1 " + "s".repeat(1 << 19);
      assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, idempotent(), small))
          .isEqualTo(small);
      assertThat(service.calls).hasValue(2);

      String large = "flaky 1 " + "l".repeat(2 << 20);
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, idempotent(), large));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(service.calls).hasValue(3);
    } finally {
      channel.shutdownNow();
    }
    assertThat(mesh.violations).isEmpty();
  }

  @Test
  void largeRequest_thatWaitedForItsConnection_isSentOnce() throws Exception {
    FakeMesh mesh = new FakeMesh();
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      mesh.retries = 1;
      mesh.retryOn = Set.of(Status.Code.UNAVAILABLE.value());
      // A new channel: nothing is connected yet, so gRPC holds the stream back.
      ManagedChannel channel = MeshChannels.builder(mesh, "mesh:///orders").build();
      String large = "flaky 1 " + "l".repeat(2 << 20);
      StatusRuntimeException thrown =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, UNARY, idempotent(), large));
      assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(service.calls).hasValue(1);
      channel.shutdownNow();
    }
    assertThat(mesh.violations).isEmpty();
  }

  @Test
  void take_overTheCallsLimit_isRefused() {
    ReplayBudget budget = new ReplayBudget();
    assertThat(budget.take(0, ReplayBudget.PER_CALL)).isTrue();
    assertThat(budget.take(ReplayBudget.PER_CALL, 1)).isFalse();
    assertThat(budget.kept()).isEqualTo(ReplayBudget.PER_CALL);
  }

  @Test
  void take_overTheChannelsLimit_isRefused_untilOthersAreReleased() {
    ReplayBudget budget = new ReplayBudget();
    long calls = ReplayBudget.PER_CHANNEL / ReplayBudget.PER_CALL;
    for (long i = 0; i < calls; i++) {
      assertThat(budget.take(0, ReplayBudget.PER_CALL)).isTrue();
    }
    assertThat(budget.take(0, 1)).isFalse();
    budget.release(ReplayBudget.PER_CALL);
    assertThat(budget.take(0, 1)).isTrue();
  }

  @Test
  void request_releasesWhatItKept_once() {
    ReplayBudget budget = new ReplayBudget();
    OutgoingRequest<String, String> request = new OutgoingRequest<>(budget, true);
    request.message("hello");
    assertThat(request.sized(5)).isTrue();
    assertThat(request.sized(5)).isTrue();
    assertThat(budget.kept()).isEqualTo(5);
    request.release();
    request.release();
    assertThat(budget.kept()).isZero();
  }

  @Test
  void request_overTheLimit_isForgotten() {
    ReplayBudget budget = new ReplayBudget();
    OutgoingRequest<String, String> request = new OutgoingRequest<>(budget, true);
    request.message("hello");
    assertThat(request.sized(ReplayBudget.PER_CALL + 1)).isFalse();
    assertThat(budget.kept()).isZero();
  }
}

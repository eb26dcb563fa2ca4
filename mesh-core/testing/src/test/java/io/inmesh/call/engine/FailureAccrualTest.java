package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What calls report about endpoints, and what failure accrual makes of it. */
class FailureAccrualTest extends EndpointCalls {
  @Test
  void accrual_everybodyFails_callsFailAtOnce_untilOneRequestSucceeds() {
    update(2, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    FakeTransport refused = get(answer(200));
    assertThat(refused.ports()).isEmpty();
    assertThat(FakeMesh.failure(refused).reason()).isEqualTo(Reason.NO_HEALTHY_ENDPOINT);
    mesh.clock().advanceMillis(1_000);
    FakeTransport probing = get(attempt -> {});
    FakeTransport other = get(attempt -> {});
    assertThat(probing.ports()).hasSize(1);
    assertThat(other.ports()).doesNotContainAnyElementsOf(probing.ports());
    assertThat(get(attempt -> {}).ports()).isEmpty();
    answerTo(probing, 200);
    answerTo(other, 503);
    assertThat(used(answer(200))).containsExactlyElementsOf(probing.ports());
    mesh.clock().advanceMillis(2_000);
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  /** It has the one place there is, and gives it back. */
  @ParameterizedTest
  @EnumSource(names = {"OVERFLOW", "CLOSED"})
  void accrual_requestThatDidNotLeave_doesNotDecide(Failure failure) {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    assertThat(get(fail(failure)).ports()).hasSize(1);
    assertThat(get(answer(200)).ports()).hasSize(1);
  }

  @Test
  void accrual_requestThatCannotBeSecured_doesNotDecide() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    SpiffeId somebody = SpiffeId.parse("spiffe://m/ns/n/sa/somebody");
    FakeTransport refused = mesh.transport();
    mesh.start(
        FakeRequest.get("orders", "/"),
        new CallOptions(0, true, RequestOptions.DEFAULT.withRequiredPeer(somebody)),
        refused);
    assertThat(FakeMesh.failure(refused).reason()).isEqualTo(Reason.TLS_FAILURE);
    assertThat(get(answer(200)).ports()).hasSize(1);
  }

  @Test
  void accrual_clusterGone_leavesNoTimer() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    used(answer(503));
    mesh.update(Snapshots.builder());
    mesh.assertQuiet();
  }

  /** That it does not answer any more is no news: it was asked before the penalty. */
  @Test
  void accrual_requestFromBeforeThePenalty_doesNotDecide() {
    update(1, new Algorithm.RoundRobin(), null, ACCRUAL);
    FakeTransport early = get(attempt -> {});
    FakeTransport cancelled = mesh.transport();
    var call = mesh.start(FakeRequest.get("orders", "/"), cancelled);
    used(answer(503));
    mesh.clock().advanceMillis(1_000);
    FakeTransport probing = get(attempt -> {});
    early.attempt().failed(Failure.RESET, null);
    call.cancel();
    assertThat(get(answer(200)).ports()).as("another is on probation").isEmpty();
    answerTo(probing, 200);
    assertThat(used(answer(200))).containsExactly(1);
  }

  @ParameterizedTest
  @CsvSource({"429, '', 1", "429, 3, 3", "503, 3, 3", "500, 3, 1"})
  void accrual_tooFewSuccesses_shutFor_asLongAsAsked(int status, String asked, int seconds) {
    update(2, new Algorithm.RoundRobin(), null, UNIFIED);
    used(onPort(2, answer(status, "retry-after", asked), answer(200)));
    assertThat(used(answer(200))).containsExactly(1);
    mesh.clock().advanceMillis(seconds * 1_000L - 1);
    assertThat(used(answer(200))).containsExactly(1);
    mesh.clock().advanceMillis(1);
    assertThat(used(answer(200))).containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource({"8, true", "14, true", "5, false"})
  void accrual_grpcStatuses_countAgainstTheRate(int status, boolean out) {
    update(2, new Algorithm.RoundRobin(), null, UNIFIED);
    for (int i = 0; i < 20; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(status), grpc(0)));
    }
    assertThat(used(answer(200)).contains(2)).isEqualTo(!out);
  }

  @Test
  void accrual_permissionDenied_counts_asInLinkerd() {
    update(2, new Algorithm.RoundRobin(), null, ACCRUAL);
    for (int i = 0; i < 20; i++) {
      call(FakeRequest.grpc("orders", "/s/M"), onPort(2, grpc(7), grpc(0)));
    }
    assertThat(used(answer(200))).containsExactly(1);
  }
}

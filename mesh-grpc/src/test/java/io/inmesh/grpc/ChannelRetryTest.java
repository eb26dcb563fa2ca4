package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.idempotent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ChannelRetryTest extends TwoServers {
  @Test
  void retry_onStatus_replaysTheMessage() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThat(call("flaky 2 a")).isEqualTo("flaky 2 a");
    assertThat(one.calls).hasValue(3);
    assertThat(one.heads.stream().map(h -> new MetadataHeaders(h).all("x-attempt")).toList())
        .containsExactly(List.of("1"), List.of("2"), List.of("3"));
  }

  @Test
  void retry_usedUp_givesTheLastStatus() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThatThrownBy(() -> call("status 14"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThat(one.calls).hasValue(3);
  }

  @Test
  void retry_withCredentials_sendsTheirFieldsOnce() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(Status.Code.UNAVAILABLE.value());
    Metadata.Key<String> token = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    CallCredentials credentials =
        new CallCredentials() {
          @Override
          public void applyRequestMetadata(
              RequestInfo info, Executor executor, MetadataApplier applier) {
            Metadata fields = new Metadata();
            fields.put(token, "bearer t");
            applier.apply(fields);
          }
        };
    call("flaky 1 a", idempotent().withCallCredentials(credentials));
    assertThat(one.heads).hasSize(2);
    for (Metadata head : one.heads) {
      assertThat(head.getAll(token)).containsExactly("bearer t");
    }
  }

  @Test
  void retry_otherStatus_isNotRetried() {
    mesh.retries = 2;
    mesh.retryOn = Set.of(14);
    assertThatThrownBy(() -> call("status 5"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    assertThat(one.calls).hasValue(1);
  }

  @Test
  void retry_goesToAnotherHost() throws Exception {
    mesh.endpoints(one.port(), two.port());
    Eventually.until("both connected", () -> bothServe());
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    int before = one.calls.get() + two.calls.get();
    int first = one.calls.get();
    assertThatThrownBy(() -> call("status 14")).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls.get() + two.calls.get()).isEqualTo(before + 2);
    assertThat(one.calls.get()).isEqualTo(first + 1);
  }

  @Test
  void retry_serverStreamBeforeFirstMessage_isReplayed() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, SERVER_STREAM, CallOptions.DEFAULT, "status 14");
    assertThatThrownBy(answers::hasNext).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls).hasValue(2);
  }

  @Test
  void retry_serverStreamAfterFirstMessage_isNot() {
    mesh.retries = 1;
    mesh.retryOn = Set.of(14);
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, SERVER_STREAM, CallOptions.DEFAULT, "break");
    assertThat(answers.next()).isEqualTo("one");
    assertThatThrownBy(answers::hasNext).isInstanceOf(StatusRuntimeException.class);
    assertThat(one.calls).hasValue(1);
  }

  @Test
  void retry_perTryTimeout_leavesTheSlowHost() {
    mesh.retries = 1;
    call("hello"); // connects
    mesh.perTryNanos = TimeUnit.MILLISECONDS.toNanos(100);
    int before = mesh.attempts.get();
    assertThatThrownBy(() -> call("hang", idempotent()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    assertThat(mesh.attempts).hasValue(before + 2);
    assertThat(one.hanging).isNotEmpty();
    Eventually.until("all streams are reset", () -> one.cancelled.get() == one.hanging.size());
  }

  @Test
  void retry_deadHost_isSkipped() throws Exception {
    mesh.endpoints(one.port(), closedPort());
    for (int i = 0; i < 20; i++) {
      assertThat(call("hello")).isEqualTo("hello");
    }
  }
}

package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A bidirectional call that stays open and is answered with what it says. */
final class EchoCall implements StreamObserver<String> {
  final List<String> answers = new CopyOnWriteArrayList<>();
  final CompletableFuture<Status> end = new CompletableFuture<>();
  private final StreamObserver<String> requests;

  EchoCall(Channel channel) {
    requests = ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), this);
  }

  /** Says {@code text} and waits for the answer. */
  void echo(String text) {
    requests.onNext(text);
    Eventually.until("it answers " + text, () -> answers.contains(text));
  }

  /** Ends the call and expects it to succeed. */
  void finish() throws Exception {
    requests.onCompleted();
    assertThat(end.get(40, TimeUnit.SECONDS)).isEqualTo(Status.OK);
  }

  @Override
  public void onNext(String value) {
    answers.add(value);
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

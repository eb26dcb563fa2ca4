package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChannelCancellationTest extends TwoServers {
  @Test
  void cancel_reachesTheServer() throws Exception {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<String, String> call = channel.newCall(UNARY, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata fields) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage("hang");
    call.halfClose();
    Eventually.until("it hangs", () -> one.hanging.size() == 1);
    call.cancel("enough", null);
    assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(end.get().getDescription()).contains("enough");
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void cancel_duringServerStream_ends() throws Exception {
    AtomicReference<@Nullable ClientCallStreamObserver<String>> control = new AtomicReference<>();
    Collector collector = new Collector();
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(SERVER_STREAM, CallOptions.DEFAULT),
        "count 100000000 100",
        new ClientResponseObserver<String, String>() {
          @Override
          public void beforeStart(ClientCallStreamObserver<String> requestStream) {
            control.set(requestStream);
          }

          @Override
          public void onNext(String value) {
            collector.onNext(value);
          }

          @Override
          public void onError(Throwable t) {
            collector.onError(t);
          }

          @Override
          public void onCompleted() {
            collector.onCompleted();
          }
        });
    Eventually.until("messages", () -> collector.values.size() > 10);
    ClientCallStreamObserver<String> stream = control.get();
    assertThat(stream).isNotNull();
    stream.cancel("enough", null);
    assertThat(collector.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void cancelledContext_cancelsAlsoLaterAttempts() throws Exception {
    mesh.retries = 1;
    mesh.retryOn = Set.of(Status.Code.UNAVAILABLE.value());
    Context.CancellableContext context = Context.current().withCancellation();
    Future<String> answer =
        context.call(
            () -> ClientCalls.futureUnaryCall(channel.newCall(UNARY, idempotent()), "hang"));
    Eventually.until("the first attempt hangs", () -> one.hanging.size() == 1);
    one.hanging.get(0).onError(Status.UNAVAILABLE.asException());
    Eventually.until("the second attempt hangs", () -> one.hanging.size() == 2);
    context.cancel(null);
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).isNotNull();
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
  }

  @Test
  void deadline_ofTheOptions_ends() {
    do {
      assertThatThrownBy(
              () -> call("hang", CallOptions.DEFAULT.withDeadlineAfter(150, TimeUnit.MILLISECONDS)))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    } while (one.hanging.isEmpty()); // connecting may have taken all the time
    Eventually.until("the server knows", () -> one.cancelled.get() == one.hanging.size());
  }

  @Test
  void deadline_ofTheContext_isInherited() throws Exception {
    Context.CancellableContext context =
        Context.current()
            .withDeadlineAfter(
                150,
                TimeUnit.MILLISECONDS,
                java.util.concurrent.Executors.newSingleThreadScheduledExecutor(
                    task -> {
                      Thread thread = new Thread(task);
                      thread.setDaemon(true);
                      return thread;
                    }));
    assertThatThrownBy(() -> context.call(() -> call("hang")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    context.cancel(null);
  }

  @Test
  void context_keepsNoListenerOfFinishedCalls() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    AtomicInteger told = new AtomicInteger();
    context.run(
        () -> {
          for (int i = 0; i < 20; i++) {
            call("hello");
          }
        });
    mesh.endpoints();
    context.run(() -> assertThat(outcome("hello")).isEqualTo(Status.Code.UNAVAILABLE));
    int before = mesh.cancels.get();
    context.addListener(ended -> told.incrementAndGet(), Runnable::run);
    context.cancel(null);
    assertThat(told).hasValue(1);
    assertThat(mesh.cancels).hasValue(before);
  }

  @Test
  void callback_runsInTheCallersContext() throws Exception {
    Context.Key<String> key = Context.key("who");
    Context.CancellableContext context = Context.current().withValue(key, "me").withCancellation();
    CompletableFuture<Context> seen = new CompletableFuture<>();
    context.run(
        () ->
            ClientCalls.asyncUnaryCall(
                channel.newCall(UNARY, CallOptions.DEFAULT),
                "hello",
                new Collector() {
                  @Override
                  public void onNext(String value) {
                    seen.complete(Context.current());
                  }
                }));
    Context inside = seen.get(10, TimeUnit.SECONDS);
    assertThat(key.get(inside)).isEqualTo("me");
    assertThat(inside.isCancelled()).isFalse();
    context.cancel(null);
    assertThat(inside.isCancelled()).isTrue();
  }
}

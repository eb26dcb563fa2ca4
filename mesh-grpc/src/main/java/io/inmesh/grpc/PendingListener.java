package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.ServerCall;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps what happens to a call while its admission is decided elsewhere, in order. */
final class PendingListener<ReqT> extends ServerCall.Listener<ReqT> {
  private final SerialContext serial = new SerialContext();
  private final OrderedDelivery events;
  private ServerCall.@Nullable Listener<ReqT> decided;
  private boolean started;

  PendingListener(Executor executor, Context context) {
    this.events = new OrderedDelivery(task -> executor.execute(context.wrap(task)));
  }

  /** The decision is there: begins the handler, then gives it the events so far. */
  void resume(Supplier<ServerCall.Listener<ReqT>> begin) {
    serial.execute(
        () -> {
          started = true;
          events.addFirst(() -> decided = begin.get());
          events.open();
        });
  }

  private void event(Consumer<ServerCall.Listener<ReqT>> event) {
    serial.execute(
        () -> {
          events.add(
              () -> {
                ServerCall.Listener<ReqT> handler = decided;
                if (handler != null) {
                  event.accept(handler);
                }
              });
          if (started) {
            events.open();
          }
        });
  }

  @Override
  public void onMessage(ReqT message) {
    event(handler -> handler.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    event(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onCancel() {
    event(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    event(ServerCall.Listener::onComplete);
  }

  @Override
  public void onReady() {
    event(ServerCall.Listener::onReady);
  }
}

package io.inmesh.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ServerCall;
import io.inmesh.call.BodyStart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first messages of a call, for those who decide about it by them, before its handler
 * does; the handler gets them when it asks for messages. They are shown as this process has read
 * them. Keeps the limit and one more message at most. Thread-safe.
 */
final class RequestStart<ReqT> extends ServerCall.Listener<ReqT> {
  private static final int FRAME_HEAD = 5;

  /** What happened, in order; messages wait to be asked for. */
  private record Event<ReqT>(boolean isMessage, Consumer<ServerCall.Listener<ReqT>> delivery) {}

  private record Wanted(int limit, CompletableFuture<BodyStart> found) {}

  private final ServerCall<ReqT, ?> call;

  // What follows belongs to the serial context.
  private final SerialContext serial = new SerialContext();
  private final ArrayDeque<Event<ReqT>> held = new ArrayDeque<>(4);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private ServerCall.@Nullable Listener<ReqT> next;
  private @Nullable Wanted wanted;
  private boolean ended;
  private boolean broken;

  /** Messages that were asked for here and that the handler has not asked for yet. */
  private int ahead;

  /** Messages that are still to come of those asked for here. */
  private int awaited;

  /** Messages that the handler has asked for and not got. */
  private long demand;

  RequestStart(ServerCall<ReqT, ?> call) {
    this.call = call;
  }

  CompletionStage<BodyStart> upTo(int limit) {
    Wanted asked = new Wanted(limit, new CompletableFuture<>());
    serial.execute(
        () -> {
          wanted = asked;
          look();
        });
    return asked.found();
  }

  /** Enough was read, or more has to come. */
  private void look() {
    Wanted asked = wanted;
    if (asked == null) {
      return;
    }
    if (broken) {
      wanted = null;
      asked.found().completeExceptionally(new IOException("the call was broken off"));
    } else if (ended || bytes.size() > asked.limit()) {
      wanted = null;
      asked.found().complete(BodyStart.of(bytes.toByteArray(), asked.limit()));
    } else if (awaited == 0) {
      awaited++;
      ahead++;
      call.request(1);
    }
  }

  /** What happens goes on to there. */
  void forwardTo(ServerCall.Listener<ReqT> listener) {
    serial.execute(
        () -> {
          next = listener;
          release();
        });
  }

  /** The call as its handler is to see it. */
  <RespT> ServerCall<ReqT, RespT> of(ServerCall<ReqT, RespT> answered) {
    return new SimpleForwardingServerCall<>(answered) {
      @Override
      public void request(int messages) {
        serial.execute(() -> requested(messages));
      }
    };
  }

  private void requested(int messages) {
    int read = Math.min(ahead, messages);
    ahead -= read;
    demand += messages;
    if (messages > read) {
      call.request(messages - read);
    }
    release();
  }

  private void release() {
    ServerCall.Listener<ReqT> listener = next;
    if (listener == null) {
      return;
    }
    Event<ReqT> event;
    while ((event = held.peek()) != null && (!event.isMessage() || demand > 0)) {
      held.remove();
      if (event.isMessage()) {
        demand--;
      }
      event.delivery().accept(listener);
    }
  }

  @Override
  public void onMessage(ReqT message) {
    serial.execute(
        () -> {
          if (awaited > 0) {
            awaited--;
            if (wanted != null) {
              keep(message);
            }
          }
          held.add(new Event<>(true, listener -> listener.onMessage(message)));
          look();
          release();
        });
  }

  private void keep(ReqT message) {
    try (InputStream read = call.getMethodDescriptor().streamRequest(message)) {
      byte[] written = read.readAllBytes();
      bytes.writeBytes(
          ByteBuffer.allocate(FRAME_HEAD).put((byte) 0).putInt(written.length).array());
      bytes.writeBytes(written);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onHalfClose() {
    serial.execute(
        () -> {
          ended = true;
          held.add(new Event<>(false, ServerCall.Listener::onHalfClose));
          look();
          release();
        });
  }

  @Override
  public void onCancel() {
    over(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    over(ServerCall.Listener::onComplete);
  }

  /** Nobody waits for messages any more. */
  private void over(Consumer<ServerCall.Listener<ReqT>> delivery) {
    serial.execute(
        () -> {
          broken = true;
          held.clear();
          held.add(new Event<>(false, delivery));
          look();
          release();
        });
  }

  @Override
  public void onReady() {
    serial.execute(
        () -> {
          ServerCall.Listener<ReqT> listener = next;
          if (listener != null) {
            listener.onReady();
          }
        });
  }
}

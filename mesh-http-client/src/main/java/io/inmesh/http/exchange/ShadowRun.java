package io.inmesh.http.exchange;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Shadow;
import io.inmesh.call.Usable;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.HttpHead;
import io.inmesh.http.netty.IoLoop;
import io.inmesh.http.netty.ResponseFields;
import io.inmesh.http.netty.WireCall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A shadow copy of an exchange on the wire. A body that is sent once is teed into it, as far as its
 * buffer goes; the exchange never waits for it. Confined to the exchange's home loop, which it may
 * outlive the exchange on.
 */
final class ShadowRun extends WireCall implements RequestPump.Target {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  final Shadow shadow;
  @Nullable ShadowRun next;
  private final Exchange<?> exchange;
  private final HttpHead head;
  private final RequestBody body;
  private final ArrayDeque<ByteBuffer> teed = new ArrayDeque<>(2);
  private @Nullable RequestPump pump;
  private int unwritten;
  private boolean granted;
  private boolean allTeed;
  private boolean over;

  /** A shadow that has not begun, with a head of its own. */
  ShadowRun(Exchange<?> exchange, Shadow shadow, HttpHead head, RequestBody body, IoLoop home) {
    super(home);
    this.exchange = exchange;
    this.shadow = shadow;
    this.head = head;
    this.body = body;
    head.headers().remove("expect"); // nobody waits for its answer
  }

  void open() {
    if (over) {
      return;
    }
    switch (shadow.pick(Usable.ALL)) {
      case REFUSED -> over = true;
      case NONE -> fail(Failure.CONNECT, new IOException("no endpoint is usable"));
      case PICKED ->
          open(
              shadow.endpoint().address(),
              shadow.tls(),
              shadow.cluster().protocol(),
              shadow.cluster().connectTimeout().toNanos(),
              shadow.cluster().connections());
    }
  }

  /** A part of the request's body is being sent. */
  void tee(ByteBuffer part) {
    if (over || body.replayable()) {
      return;
    }
    unwritten += part.remaining();
    if (unwritten > shadow.bufferBytes()) {
      fail(Failure.OVERFLOW, new IOException("the shadow is slower than the request"));
    } else if (granted) {
      write(part.duplicate(), false);
    } else {
      teed.add(part.duplicate());
    }
  }

  /** The request's body is complete. */
  void teeDone() {
    if (!over && !body.replayable()) {
      allTeed = true;
      if (granted) {
        bodyDone();
      }
    }
  }

  /** The exchange is over: what was not teed by now will never be. */
  void exchangeOver() {
    if (!over && !body.replayable() && !allTeed) {
      fail(Failure.CLOSED, new IOException("the request broke off"));
    }
  }

  void abandon() {
    if (!over) {
      over = true;
      stop();
      reset();
    }
  }

  private void fail(Failure failure, IOException cause) {
    if (!over) {
      abandon();
      shadow.failed(failure, cause);
    }
  }

  private void stop() {
    teed.clear();
    if (pump != null) {
      pump.stop();
    }
  }

  @Override
  protected void onWaiting() {
    if (!over && !shadow.waits()) {
      abandon();
    }
  }

  @Override
  protected @Nullable ConnectionPermit permit() {
    return shadow.connection();
  }

  @Override
  protected void onGranted() {
    if (over) {
      return;
    }
    granted = true;
    shadow.decorate(head);
    boolean hasBody = body != RequestBody.None.NONE;
    start(head, body.length(), hasBody);
    if (over) {
      return; // the connection had just gone
    }
    shadow.sent();
    if (!hasBody) {
      shadow.requestEnd();
    } else if (body instanceof RequestBody.Buffered buffered) {
      write(buffered.bytes().duplicate(), true);
      shadow.requestEnd();
    } else if (body instanceof RequestBody.Streaming streaming && streaming.replayable()) {
      pump = new RequestPump(this, streaming, exchange.executor());
      pump.start();
    } else {
      teed.forEach(part -> write(part, false));
      teed.clear();
      if (allTeed) {
        bodyDone();
      }
    }
  }

  @Override
  public void execute(Runnable task) {
    exchange.execute(task);
  }

  @Override
  public void bodyPart(ByteBuffer part) {
    write(part, false);
  }

  @Override
  public void bodyDone() {
    write(EMPTY, true);
    shadow.requestEnd();
  }

  @Override
  public void bodyFailed(Throwable failure) {
    fail(Failure.CLOSED, new IOException("the request broke off", failure));
  }

  @Override
  protected void onContinue() {}

  @Override
  protected void onWritten(int bytes) {
    unwritten -= bytes;
    if (pump != null) {
      pump.written(bytes);
    }
  }

  @Override
  protected void onHead(ResponseFields received) {
    shadow.head(received);
  }

  @Override
  protected void onData(ByteBuffer data) {
    shadow.progress();
    consumed(data.remaining());
  }

  @Override
  protected void onEnd(@Nullable Fields trailers) {
    if (!over) {
      over = true;
      stop();
      shadow.end(ResponseHead.NO_GRPC_STATUS, trailers);
    }
  }

  @Override
  protected void onFailed(Failure failure, Throwable cause) {
    if (!over) {
      over = true;
      stop();
      shadow.failed(failure, cause);
    }
  }
}

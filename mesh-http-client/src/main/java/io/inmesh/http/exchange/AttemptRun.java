package io.inmesh.http.exchange;

import io.inmesh.call.Attempt;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.IoLoop;
import io.inmesh.http.netty.ResponseFields;
import io.inmesh.http.netty.WireCall;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One attempt of an exchange on the wire. Confined to the exchange's home loop. */
final class AttemptRun<T> extends WireCall implements RequestPump.Target {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  /** So many endpoints are prepared for at a time, as in Envoy. */
  private static final int MAX_AHEAD = 3;

  private static final long CONTINUE_NANOS = TimeUnit.SECONDS.toNanos(1);

  final Attempt attempt;
  private final Exchange<T> exchange;
  @Nullable AttemptRun<T> next;
  private final InetSocketAddress address;
  private boolean granted;
  private boolean bodyStarted;
  private @Nullable RequestPump pump;
  private @Nullable ResponseFields head;
  private @Nullable List<ByteBuffer> early;
  private @Nullable Fields trailers;
  private boolean ended;
  private @Nullable ResponsePump<T> sink;

  AttemptRun(Exchange<T> exchange, Attempt attempt, IoLoop home) {
    super(home);
    this.exchange = exchange;
    this.attempt = attempt;
    this.address = attempt.endpoint().address();
  }

  void open() {
    Cluster cluster = attempt.cluster();
    open(
        address,
        attempt.tls(),
        cluster.protocol(),
        cluster.connectTimeout().toNanos(),
        cluster.connections());
    for (int step = 1; step <= MAX_AHEAD; step++) {
      Endpoint next = attempt.ahead(step);
      if (next == null) {
        break;
      }
      prepare(next.address(), attempt.tls(), cluster.protocol());
    }
  }

  /** Whether a connection was there. */
  boolean granted() {
    return granted;
  }

  @Override
  public void execute(Runnable task) {
    exchange.execute(task);
  }

  /** Nothing more of this attempt is of interest. */
  void abandon() {
    ended = true;
    early = null;
    stopBody();
    reset();
  }

  /** The response so far, and what follows, goes to the application. */
  void deliverTo(ResponsePump<T> pump) {
    sink = pump;
    List<ByteBuffer> before = early;
    early = null;
    if (before != null) {
      before.forEach(pump::data);
    }
    if (ended) {
      pump.complete(trailers);
      exchange.complete(this);
    }
  }

  ResponseFields head() {
    if (head == null) {
      throw new IllegalStateException("there is no response head to deliver");
    }
    return head;
  }

  @Override
  protected void onWaiting() {
    if (!ended && !attempt.waits()) {
      ended = true;
      exchange.forget(this);
      reset();
    }
  }

  @Override
  protected @Nullable ConnectionPermit permit() {
    return attempt.connection();
  }

  @Override
  protected void onGranted() {
    granted = true;
    RequestBody body = exchange.body();
    if (!body.replayable() && exchange.bodyTaken()) {
      ended = true;
      exchange.forget(this);
      reset();
      attempt.failed(Failure.CLOSED, new IOException("the request body cannot be sent twice"));
      return;
    }
    attempt.decorate(exchange.head());
    boolean hasBody = body != RequestBody.None.NONE;
    start(exchange.head(), body.length(), hasBody);
    if (ended) {
      return; // the connection had just gone: nothing was sent
    }
    attempt.sent();
    if (!hasBody) {
      attempt.requestEnd();
    } else if (exchange.expectContinue()) {
      exchange.schedule(CONTINUE_NANOS, this::startBody);
    } else {
      startBody();
    }
  }

  @Override
  protected void onContinue() {
    startBody();
  }

  private void startBody() {
    if (ended || bodyStarted) {
      return;
    }
    bodyStarted = true;
    if (exchange.body() instanceof RequestBody.Buffered buffered) {
      write(buffered.bytes().duplicate(), true);
      attempt.requestEnd();
    } else if (exchange.body() instanceof RequestBody.Streaming streaming) {
      exchange.takeBody();
      pump = new RequestPump(this, streaming, exchange.executor());
      pump.start();
    }
  }

  @Override
  public void bodyPart(ByteBuffer part) {
    exchange.tee(part);
    write(part, false);
  }

  @Override
  public void bodyDone() {
    exchange.teeDone();
    write(EMPTY, true);
    attempt.requestEnd();
  }

  @Override
  public void bodyFailed(Throwable failure) {
    exchange.bodyFailed(failure);
  }

  @Override
  protected void onWritten(int bytes) {
    attempt.progress();
    if (pump != null) {
      pump.written(bytes);
    }
  }

  @Override
  protected void onHead(ResponseFields received) {
    head = received;
    if (!bodyStarted) {
      bodyStarted = true; // the answer came instead of 100 Continue: the body is not wanted
    }
    attempt.head(received);
  }

  @Override
  protected void onData(ByteBuffer data) {
    attempt.progress();
    if (sink != null) {
      sink.data(data);
    } else if (!ended) {
      if (early == null) {
        early = new ArrayList<>(2);
      }
      early.add(data);
    }
  }

  @Override
  protected void onEnd(@Nullable Fields received) {
    if (ended) {
      return;
    }
    ended = true;
    trailers = received;
    stopBody();
    attempt.end(ResponseHead.NO_GRPC_STATUS, received);
    if (sink != null) {
      exchange.remember();
      sink.complete(received);
      exchange.complete(this);
    }
  }

  @Override
  protected void onFailed(Failure failure, Throwable cause) {
    if (!ended) {
      ended = true;
      stopBody();
      exchange.forget(this);
      attempt.failed(failure, cause);
    }
  }

  private void stopBody() {
    if (pump != null) {
      pump.stop();
    }
  }
}

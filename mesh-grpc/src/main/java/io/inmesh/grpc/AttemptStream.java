package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Cancellable;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a call as a gRPC stream: the listener of the real call.
 *
 * <p>gRPC runs a listener's methods one after another. While nobody else is inside the call's
 * serial context, which is nearly always, an event enters it, tells the engine, leaves, and goes on
 * to the application on the same thread. If somebody is inside, the event waits there, and this and
 * all later events reach the application by a queue on the call's executor: the order holds and
 * nobody blocks.
 */
final class AttemptStream<ReqT, RespT> extends ClientCall.Listener<RespT> {
  static final CallOptions.Key<@Nullable AttemptStream<?, ?>> KEY =
      CallOptions.Key.create("inmesh-attempt");

  private static final PickResult LOST =
      PickResult.withDrop(Status.UNAVAILABLE.withDescription("the connection was just lost"));

  /** Whether the application hears of this attempt. */
  private enum Gate {
    UNDECIDED,
    OPEN,
    DROPPED
  }

  private final MeshCall<ReqT, RespT> call;
  final Attempt attempt;

  /** The attempt before, if it is still of interest; written in the serial context. */
  @Nullable AttemptStream<ReqT, RespT> previous;

  private volatile @Nullable ClientCall<ReqT, RespT> real;
  private volatile Gate gate = Gate.UNDECIDED;
  private volatile boolean written;
  private volatile boolean answered;
  private @Nullable Connection connection;
  private volatile boolean placed;
  private volatile boolean lost;
  private Cancellable connectTimer = Cancellable.NONE;
  private boolean learned;
  private boolean finished;

  /** Set by gRPC's callback thread when an event could not be handled in place. */
  private @Nullable OrderedDelivery delivery;

  AttemptStream(MeshCall<ReqT, RespT> call, Attempt attempt) {
    this.call = call;
    this.attempt = attempt;
  }

  @Nullable ClientCall<ReqT, RespT> real() {
    return real;
  }

  /** Whether the peer may have seen a part of the request. */
  boolean isWritten() {
    return written;
  }

  // ---- choosing an endpoint: in the serial context

  void pick() {
    if (gate != Gate.UNDECIDED) {
      return;
    }
    Connections connections = call.connections();
    if (attempt.cluster().tls() != null) {
      // Never in plaintext what shall be secured.
      fail(Failure.TLS, Status.UNAVAILABLE.withDescription("no TLS for gRPC channels yet"));
      return;
    }
    while (true) {
      int version = connections.version();
      ClusterConnections cluster = connections.to(attempt.cluster());
      switch (attempt.pick(cluster == null ? endpoint -> false : cluster)) {
        case PICKED -> {
          connectTimer.cancel();
          Connection chosen = cluster == null ? null : cluster.to(attempt.endpoint());
          if (chosen == null) {
            fail(Failure.CONNECT, Status.UNAVAILABLE.withDescription("not connected"));
          } else {
            connection = chosen;
            begin();
          }
          return;
        }
        case REFUSED -> {
          connectTimer.cancel();
          drop();
          return;
        }
        case NONE -> {
          if (connections.closed()) {
            fail(Failure.CLOSED, Status.UNAVAILABLE.withDescription("the channel is shut down"));
            return;
          }
          if (!learned && (cluster == null || !cluster.isOf(attempt.cluster()))) {
            learned = true;
            connections.learn(attempt.cluster());
          }
          Status failure = cluster == null ? null : cluster.failure();
          if (failure != null && !failure.isOk() && !call.waitForReady()) {
            fail(Failure.CONNECT, failure);
            return;
          }
          connections.await(this);
          if (connections.version() == version) {
            armConnectTimer();
            return;
          }
          connections.forget(this);
        }
      }
    }
  }

  /** Something changed in the connections; from any thread. */
  void wake() {
    call.dispatch(this::pick);
  }

  private void armConnectTimer() {
    if (connectTimer == Cancellable.NONE && !call.waitForReady()) {
      connectTimer =
          call.schedule(
              attempt.cluster().connectTimeout().toNanos(),
              () -> {
                if (real == null && gate == Gate.UNDECIDED) {
                  fail(
                      Failure.CONNECT,
                      Status.UNAVAILABLE.withDescription(
                          "no connection within " + attempt.cluster().connectTimeout()));
                }
              });
    }
  }

  private void begin() {
    try {
      real = call.begin(this);
      report();
    } catch (RuntimeException | Error e) {
      failLocally(Status.fromThrowable(e));
    }
  }

  /** Where gRPC shall open the stream. */
  PickResult place() {
    Connection chosen = connection;
    // A second pick means that gRPC wants to repeat the stream on its own. The engine does that.
    PickResult result = chosen == null || !chosen.ready() ? null : chosen.result();
    if (placed || result == null) {
      lost = true;
      return LOST;
    }
    placed = true;
    return result;
  }

  // ---- what the tracer sees: on the event loop

  void written() {
    written = true;
    if (call.unaryRequest()) {
      return; // reported when the stream began; the engine keeps the message
    }
    if (call.serial.tryEnter()) {
      try {
        report();
      } finally {
        call.serial.leave();
      }
    } else {
      call.serial.execute(this::report);
    }
  }

  void answered() {
    answered = true;
  }

  // ---- what the engine decides: in the serial context

  /** The application gets this attempt's response. */
  void open() {
    gate = Gate.OPEN;
    OrderedDelivery queued = delivery;
    if (queued != null) {
      queued.open();
    }
  }

  /** The application will hear nothing (more) of this attempt. */
  void drop() {
    gate = Gate.DROPPED;
    connectTimer.cancel();
    call.connections().forget(this);
    call.unlink(this);
  }

  /** Drops the attempt and resets its stream. */
  void abandon(String why, @Nullable Throwable cause) {
    finished = true;
    if (gate != Gate.OPEN) {
      drop();
    }
    ClientCall<ReqT, RespT> stream = real;
    if (stream != null) {
      stream.cancel(why, cause);
    }
  }

  private void fail(Failure failure, Status status) {
    if (!finished) {
      finished = true;
      if (gate != Gate.OPEN) {
        drop();
      }
      attempt.failed(failure, status.asRuntimeException());
    }
  }

  /** Something of this process failed: no other endpoint would help. */
  private void failLocally(Status status) {
    if (!finished) {
      finished = true;
      if (gate != Gate.OPEN) {
        drop();
      }
      call.failLocally(status);
    }
  }

  // ---- what gRPC reports: on the call's executor, one after another

  @Override
  public void onHeaders(Metadata headers) {
    if (delivery == null && call.serial.tryEnter()) {
      try {
        head(headers, ResponseHead.NO_GRPC_STATUS);
      } finally {
        call.serial.leave();
      }
      if (gate == Gate.OPEN) {
        call.listener().onHeaders(headers);
        return;
      }
      if (gate == Gate.DROPPED) {
        return;
      }
      deliver(null, () -> call.listener().onHeaders(headers));
    } else {
      deliver(
          () -> head(headers, ResponseHead.NO_GRPC_STATUS),
          () -> call.listener().onHeaders(headers));
    }
  }

  @Override
  public void onMessage(RespT message) {
    if (delivery != null) {
      deliver(this::progress, () -> call.listener().onMessage(message));
    } else if (gate == Gate.OPEN) {
      if (!call.unaryResponse() && call.serial.tryEnter()) {
        try {
          progress();
        } finally {
          call.serial.leave();
        }
      }
      call.listener().onMessage(message);
    }
  }

  @Override
  public void onReady() {
    // Only streams of requests are told, and they have one attempt that was written at most.
    if (gate != Gate.DROPPED) {
      if (delivery != null) {
        deliver(null, call.listener()::onReady);
      } else {
        call.listener().onReady();
      }
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (delivery == null && call.serial.tryEnter()) {
      try {
        closed(status, trailers);
      } finally {
        call.serial.leave();
      }
      if (gate == Gate.OPEN) {
        call.close(status, trailers);
        return;
      }
      if (gate == Gate.DROPPED) {
        return;
      }
      deliver(null, () -> call.close(status, trailers));
    } else {
      deliver(() -> closed(status, trailers), () -> call.close(status, trailers));
    }
  }

  private void head(Metadata headers, int grpcStatus) {
    if (gate == Gate.UNDECIDED && !finished) {
      attempt.head(new GrpcResponseHead(headers, grpcStatus));
    }
  }

  private void progress() {
    if (!finished) {
      attempt.progress();
    }
  }

  private void closed(Status status, Metadata trailers) {
    if (finished) {
      return;
    }
    if (answered || status.isOk() || GrpcStatuses.madeFromHttp(status)) {
      int code = status.getCode().value();
      if (gate == Gate.UNDECIDED) {
        head(trailers, code);
      }
      if (!finished && gate != Gate.DROPPED) {
        finished = true;
        attempt.end(code, new MetadataHeaders(trailers));
      }
      return;
    }
    Failure failure = lost ? lostAs() : GrpcStatuses.classify(status, written);
    if (failure == null) {
      failLocally(status);
    } else {
      fail(failure, status);
    }
  }

  private Failure lostAs() {
    return placed ? Failure.REFUSED : Failure.CONNECT;
  }

  private void report() {
    if (!finished && (written || call.unaryRequest())) {
      attempt.sent();
    }
  }

  private void deliver(@Nullable Runnable first, Runnable event) {
    OrderedDelivery queue = delivery;
    if (queue == null) {
      queue = new OrderedDelivery(call.executor());
      delivery = queue;
    }
    OrderedDelivery to = queue;
    call.serial.execute(
        () -> {
          if (first != null) {
            first.run();
          }
          if (gate != Gate.DROPPED) {
            to.add(() -> call.deliver(event));
            if (gate == Gate.OPEN) {
              to.open();
            }
          }
        });
  }
}

package io.inmesh.grpc;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import java.util.concurrent.Executor;
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
final class AttemptStream<ReqT, RespT> extends MeshStream<ReqT, RespT> {
  /** Whether the application hears of this attempt. */
  private enum Gate {
    UNDECIDED,
    OPEN,
    DROPPED
  }

  /** The attempt before, if it is still of interest; written in the serial context. */
  @Nullable AttemptStream<ReqT, RespT> previous;

  private volatile Gate gate = Gate.UNDECIDED;
  private volatile boolean written;
  private volatile boolean answered;

  /** Whether gRPC held it back, so that it is written later and by another thread. */
  private volatile boolean heldBack;

  private volatile long framed;
  private boolean finished;

  /** Set by gRPC's callback thread when an event could not be handled in place. */
  private @Nullable OrderedDelivery delivery;

  AttemptStream(MeshCall<ReqT, RespT> call, Attempt attempt) {
    super(call, attempt);
  }

  /** Whether the peer may have seen a part of the request. */
  boolean isWritten() {
    return written;
  }

  /** Whether it may still become the answer, and was not given up. */
  @Override
  boolean wanted() {
    return gate == Gate.UNDECIDED && !finished;
  }

  // ---- the stream's beginning: in the serial context

  @Override
  ClientCall<ReqT, RespT> open() {
    heldBack = !placement.picked();
    return call.open(this);
  }

  @Override
  void begun(boolean heldBack) {
    call.measure();
    if (!heldBack) {
      report();
    }
  }

  @Override
  void resume() {
    call.invoked.decorate(this, call.head());
    report();
  }

  // ---- what the tracer sees: on the event loop

  @Override
  void written() {
    written = true;
    if (call.invoked.unaryRequest()) {
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

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // gRPC frames one message at a time
  void framed(long bytes) {
    framed += bytes;
    if (heldBack && call.invoked.unaryRequest()) {
      call.serial.execute(call::measure);
    }
  }

  /** How many bytes of the request were serialized. */
  long framed() {
    return framed;
  }

  @Override
  void answered() {
    answered = true;
  }

  // ---- what the engine decides: in the serial context

  /** The application gets this attempt's response. */
  void deliver() {
    gate = Gate.OPEN;
    OrderedDelivery queued = delivery;
    if (queued != null) {
      queued.open();
    }
  }

  /** The application will hear nothing of this attempt. */
  private void drop() {
    gate = Gate.DROPPED;
    placement.end();
    call.forget(this);
  }

  /** What was delivered ends with gRPC's onClose. */
  @Override
  void discard(String why, @Nullable Throwable cause) {
    finished = true;
    if (gate != Gate.OPEN) {
      drop();
    }
    reset(why, cause);
  }

  @Override
  void fail(Failure failure, Status status) {
    if (!finished) {
      discard("failed", null);
      attempt.failed(failure, status.asRuntimeException());
    }
  }

  @Override
  void failLocally(Status status) {
    if (!finished) {
      discard("failed", null);
      call.failLocally(status);
    }
  }

  @Override
  Executor executor() {
    return call.invoked.executor();
  }

  @Override
  boolean waitsForReady() {
    return call.invoked.options().isWaitForReady();
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
      if (!call.invoked.unaryResponse() && call.serial.tryEnter()) {
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
    started();
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
    placement.leave();
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
    Failure lost = placement.lost();
    Failure failure = lost == null ? GrpcStatuses.classify(status, written) : lost;
    if (failure == null) {
      failLocally(status);
    } else {
      fail(failure, status);
    }
  }

  private void report() {
    if (!finished && (written || call.invoked.unaryRequest())) {
      attempt.sent();
    }
  }

  private void deliver(@Nullable Runnable first, Runnable event) {
    OrderedDelivery queue = delivery;
    if (queue == null) {
      queue = new OrderedDelivery(call.invoked.executor());
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

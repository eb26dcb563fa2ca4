package io.inmesh.grpc;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Shadow;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a call whose response nobody reads. Messages wait here, not in gRPC, until they can be
 * written, so that their bytes are bounded; the call it copies never waits for it and may end
 * before it. Confined to the call's serial context, which gRPC's callbacks enter.
 */
final class ShadowStream<ReqT, RespT> extends MeshStream<ReqT, RespT> {
  private record Waiting<ReqT>(ReqT message, long bytes) {}

  private final Shadow shadow;
  private final GrpcRequestHead head;
  private final ArrayDeque<Waiting<ReqT>> pending = new ArrayDeque<>(2);
  private long pendingBytes;
  private boolean requestEnded;
  private boolean halfClosed;
  private boolean headSeen;
  private volatile boolean over;
  private volatile boolean written;
  private volatile boolean answered;

  /**
   * A copy.
   *
   * @param head a copy of the request's head
   */
  ShadowStream(MeshCall<ReqT, RespT> call, Shadow shadow, GrpcRequestHead head) {
    super(call, shadow);
    this.shadow = shadow;
    this.head = head;
  }

  // ---- the request that is copied

  void message(ReqT message) {
    if (over) {
      return;
    }
    // One message is kept for the call anyway; those of a stream are kept for this alone.
    long bytes = call.invoked.unaryRequest() ? 0 : call.invoked.sizeOf(message);
    pendingBytes += bytes;
    pending.add(new Waiting<>(message, bytes));
    flush();
    if (pendingBytes > shadow.bufferBytes()) {
      fail(Failure.OVERFLOW, Status.RESOURCE_EXHAUSTED.withDescription("the copy is too slow"));
    }
  }

  void end() {
    requestEnded = true;
    flush();
  }

  /** The request will not be completed. */
  void brokenOff() {
    if (!requestEnded) {
      fail(Failure.CLOSED, Status.CANCELLED.withDescription("the request broke off"));
    }
  }

  private void flush() {
    ClientCall<ReqT, RespT> stream = real();
    if (stream == null || over) {
      return;
    }
    while (!pending.isEmpty() && (call.invoked.unaryRequest() || stream.isReady())) {
      Waiting<ReqT> next = pending.remove();
      pendingBytes -= next.bytes();
      stream.sendMessage(next.message());
    }
    if (pending.isEmpty() && requestEnded && !halfClosed) {
      halfClosed = true;
      stream.halfClose();
      shadow.requestEnd();
    }
  }

  // ---- the stream's beginning

  @Override
  boolean wanted() {
    return !over;
  }

  @Override
  ClientCall<ReqT, RespT> open() {
    ClientCall<ReqT, RespT> stream = call.invoked.open(this, head);
    stream.request(Integer.MAX_VALUE); // it is thrown away at once
    return stream;
  }

  @Override
  void begun(boolean heldBack) {
    if (!heldBack) {
      shadow.sent();
    }
    flush();
  }

  @Override
  void resume() {
    call.invoked.decorate(this, head);
    shadow.sent();
  }

  @Override
  void discard(String why, @Nullable Throwable cause) {
    if (!over) {
      over = true;
      pending.clear();
      placement.end();
      reset(why, cause);
    }
  }

  @Override
  void fail(Failure failure, Status status) {
    if (!over) {
      discard("failed", null);
      shadow.failed(failure, status.asRuntimeException());
    }
  }

  @Override
  void failLocally(Status status) {
    fail(Failure.CLOSED, status);
  }

  /** Not the call's own: that may be a thread that waits for the call and then goes away. */
  @Override
  Executor executor() {
    return call.invoked.channel().executor();
  }

  @Override
  boolean waitsForReady() {
    return false;
  }

  // ---- what gRPC reports

  @Override
  void written() {
    written = true;
  }

  @Override
  void answered() {
    answered = true;
  }

  @Override
  public void onReady() {
    call.serial.execute(this::flush);
  }

  @Override
  public void onHeaders(Metadata headers) {
    call.serial.execute(
        () -> {
          if (!over) {
            headSeen = true;
            shadow.head(new GrpcResponseHead(headers, ResponseHead.NO_GRPC_STATUS));
          }
        });
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    placement.leave();
    call.serial.execute(() -> closed(status, trailers));
  }

  private void closed(Status status, Metadata trailers) {
    if (over) {
      return;
    }
    if (answered || status.isOk() || GrpcStatuses.madeFromHttp(status)) {
      over = true;
      pending.clear();
      int code = status.getCode().value();
      if (!headSeen) {
        shadow.head(new GrpcResponseHead(trailers, code));
      }
      shadow.end(code, new MetadataHeaders(trailers));
      return;
    }
    Failure lost = placement.lost();
    Failure failure = lost == null ? GrpcStatuses.classify(status, written) : lost;
    fail(failure == null ? Failure.CLOSED : failure, status);
  }
}

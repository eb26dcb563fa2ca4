package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC stream that carries an attempt or a shadow of one: the listener of the real call.
 *
 * <p>It begins in two steps. {@link Placement} finds a connection; {@link #begin} opens the real
 * call, on that connection or, if there is none yet, so that gRPC holds it back until {@link
 * #resume}.
 */
abstract class MeshStream<ReqT, RespT> extends ClientCall.Listener<RespT> {
  static final CallOptions.Key<@Nullable MeshStream<?, ?>> KEY =
      CallOptions.Key.create("inmesh-stream");

  private static final Metadata NONE = new Metadata();

  final MeshCall<ReqT, RespT> call;
  final Attempt attempt;
  final Placement placement;

  /** What is sent as the head; written in the serial context. */
  Metadata fields = NONE;

  /** The real call, perhaps not started yet; written in the serial context. */
  private @Nullable ClientCall<ReqT, RespT> opening;

  private volatile @Nullable ClientCall<ReqT, RespT> real;

  MeshStream(MeshCall<ReqT, RespT> call, Attempt attempt) {
    this.call = call;
    this.attempt = attempt;
    this.placement = new Placement(this, call);
  }

  /** The real call, once there is one. */
  final @Nullable ClientCall<ReqT, RespT> real() {
    return real;
  }

  /** The real call is about to be started. */
  final void opening(ClientCall<ReqT, RespT> call) {
    opening = call;
  }

  /**
   * The real call tells of itself, so it is started. It may do so before {@link #begin} is over,
   * and what the application does then must find it: nobody would tell it twice that it may write.
   */
  final void started() {
    if (real == null) {
      real = opening;
    }
  }

  // ---- the stream's beginning: in the serial context

  /** Whether it is of interest to find a connection for it. */
  abstract boolean wanted();

  /** Opens the real call. */
  abstract ClientCall<ReqT, RespT> open();

  /** The real call is there, or gRPC no longer holds it back. */
  abstract void begun(boolean heldBack);

  final void begin() {
    boolean heldBack = !placement.picked();
    try {
      real = open();
      begun(heldBack);
    } catch (RuntimeException | Error e) {
      placement.leave();
      failLocally(Status.fromThrowable(e));
    }
  }

  /** gRPC held the stream back until now. */
  abstract void resume();

  /** Gives it up and resets its stream. */
  abstract void discard(String why, @Nullable Throwable cause);

  /** Gives it up, and tells the engine why. */
  abstract void fail(Failure failure, Status status);

  /** Something of this process failed: no other endpoint would help. */
  abstract void failLocally(Status status);

  /** Resets the real call, if there is one. */
  final void reset(String why, @Nullable Throwable cause) {
    ClientCall<ReqT, RespT> stream = real;
    if (stream != null) {
      stream.cancel(why, cause);
    }
  }

  /** Where it goes on after it waited. */
  abstract Executor executor();

  abstract boolean waitsForReady();

  // ---- what the tracer sees: on the event loop, or wherever gRPC frames messages

  /** The head was written: the peer may see a part of the request. */
  abstract void written();

  /** Bytes of the request were serialized. */
  void framed(long bytes) {}

  /** The peer ended the stream with trailers. */
  abstract void answered();
}

package io.inmesh.call;

import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** An admitted inbound request. */
public interface InboundCall {
  /**
   * Trace, deadline and peer of the request, to be current while the application runs so that its
   * own calls inherit them.
   */
  Context context();

  /** When the caller stops waiting, on the engine's clock; {@link Long#MAX_VALUE}: never. */
  long deadlineNanos();

  /**
   * Where the response is to be recorded, because the request has an idempotency key; null:
   * nowhere. The same object each time.
   */
  default @Nullable ResponseRecorder recorder() {
    return null;
  }

  /**
   * Changes the response head before it is written (header policy, load report). For gRPC's
   * trailers-only responses the head holds the trailers, and {@link #trailers} is not called.
   */
  void response(ResponseHead head);

  /** Changes the trailers of a gRPC response before they are written (load report). */
  default void trailers(Headers trailers) {}

  /**
   * The caller went away, or its deadline passed, before the response was complete: what the
   * application called on its behalf is cancelled, down the tree. Followed by {@link #finish}; has
   * no effect after it. Not for requests that have a {@link #recorder} and were received
   * completely. Callable from any thread.
   */
  default void cancel() {}

  /**
   * The request is over; safe to call more than once.
   *
   * @param status HTTP status that was written; 0 if the caller went away before
   * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
   */
  void finish(int status, int grpcStatus);
}

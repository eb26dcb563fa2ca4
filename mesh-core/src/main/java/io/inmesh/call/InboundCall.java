package io.inmesh.call;

import io.opentelemetry.context.Context;

/** An admitted inbound request. */
public interface InboundCall {
  /**
   * Trace, deadline and peer of the request, to be current while the application runs so that its
   * own calls inherit them.
   */
  Context context();

  /** When the caller stops waiting, on the engine's clock; {@link Long#MAX_VALUE}: never. */
  long deadlineNanos();

  /** Changes the response head before it is written (header policy, load report). */
  void response(ResponseHead head);

  /**
   * The request is over; safe to call more than once.
   *
   * @param status HTTP status that was written; 0 if the caller went away before
   * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
   */
  void finish(int status, int grpcStatus);
}

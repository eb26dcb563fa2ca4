package io.inmesh.call;

/**
 * A response without its body. For a gRPC response that consists of trailers only, those are its
 * headers. Confined to the call.
 */
public interface ResponseHead {
  /** No gRPC status is known (yet). */
  int NO_GRPC_STATUS = -1;

  /** The HTTP status; 200 for gRPC. */
  int status();

  /** The gRPC status of a trailers-only response, else {@link #NO_GRPC_STATUS}. */
  int grpcStatus();

  /** The header fields. */
  Headers headers();
}

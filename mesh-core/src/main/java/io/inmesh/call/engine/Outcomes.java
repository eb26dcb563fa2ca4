package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import org.jspecify.annotations.Nullable;

/** What outcomes are called and counted as. */
final class Outcomes {
  private Outcomes() {}

  /** The reason that applications see for a failure. */
  static Reason reason(Failure failure) {
    return switch (failure) {
      case CONNECT -> Reason.CONNECTION_FAILURE;
      case TLS -> Reason.TLS_FAILURE;
      case REFUSED, RESET -> Reason.REMOTE_RESET;
      case RESET_BEFORE_REQUEST, CONNECTION_LOST -> Reason.CONNECTION_TERMINATED;
      case PROTOCOL -> Reason.PROTOCOL_ERROR;
      case OVERFLOW -> Reason.OVERFLOW;
      case CLOSED -> Reason.CLOSED;
    };
  }

  /** A failure for people. */
  static String text(Failure failure, @Nullable Throwable cause) {
    String what =
        switch (failure) {
          case CONNECT -> "no connection";
          case TLS -> "the TLS handshake failed";
          case REFUSED -> "the peer refused the stream";
          case RESET_BEFORE_REQUEST -> "the connection was gone before the request was written";
          case CONNECTION_LOST -> "the connection broke";
          case RESET -> "the peer reset the stream";
          case PROTOCOL -> "the peer broke the protocol";
          case OVERFLOW -> "too many requests wait for a connection";
          case CLOSED -> "the transport is closed";
        };
    return cause == null || cause.getMessage() == null
        ? what
        : what + " (" + cause.getMessage() + ")";
  }

  /** A response for people. */
  static String text(int status, int grpcStatus) {
    return grpcStatus == ResponseHead.NO_GRPC_STATUS
        ? "HTTP " + status
        : "gRPC status " + grpcStatus;
  }

  /** The HTTP status that a sidecar would have answered a failure with; 0: none. */
  static int httpStatus(Reason reason) {
    return switch (reason) {
      case CANCELLED -> 0;
      case NO_ROUTE -> 404;
      case TIMEOUT, DEADLINE_EXCEEDED -> 504;
      case RATE_LIMITED -> 429;
      case DENIED -> 403;
      case EGRESS_DENIED, PROTOCOL_ERROR -> 502;
      default -> 503;
    };
  }
}

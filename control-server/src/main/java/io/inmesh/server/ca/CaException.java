package io.inmesh.server.ca;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;

/** The authority cannot do what was asked; the message says what, why and what to do. */
public final class CaException extends Exception {
  private static final long serialVersionUID = 1;

  /** What the caller can make of it. */
  enum Kind {
    /** What the caller proves itself with is not accepted. */
    UNPROVEN(Status.Code.UNAUTHENTICATED),
    /** The caller is known and may not. */
    FORBIDDEN(Status.Code.PERMISSION_DENIED),
    /** The request is not in order. */
    MALFORMED(Status.Code.INVALID_ARGUMENT),
    /** Too many ask at once. */
    EXHAUSTED(Status.Code.RESOURCE_EXHAUSTED),
    /** It is not the caller's fault; trying again may help. */
    UNAVAILABLE(Status.Code.UNAVAILABLE);

    private final Status.Code code;

    Kind(Status.Code code) {
      this.code = code;
    }
  }

  private final Kind kind;
  private final Duration retryAfter;

  CaException(Kind kind, String message) {
    super(message);
    this.kind = kind;
    this.retryAfter = Duration.ZERO;
  }

  private CaException(String message, Duration retryAfter) {
    super(message);
    this.kind = Kind.EXHAUSTED;
    this.retryAfter = retryAfter;
  }

  /** Too many ask at once; the caller may try again after a while. */
  static CaException exhausted(String message, Duration retryAfter) {
    return new CaException(message, retryAfter);
  }

  CaException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.retryAfter = Duration.ZERO;
  }

  CaException(String message) {
    this(Kind.UNPROVEN, message);
  }

  CaException(String message, Throwable cause) {
    this(Kind.UNPROVEN, message, cause);
  }

  /** Whether it is not the caller's fault. */
  public boolean isUnavailable() {
    return kind == Kind.UNAVAILABLE;
  }

  /** What the caller is told. */
  Status status() {
    return kind.code.toStatus().withDescription(getMessage());
  }

  /** What the caller is told, with when to try again. */
  StatusRuntimeException exception() {
    if (retryAfter.isZero()) {
      return status().asRuntimeException();
    }
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(kind.code.value())
            .setMessage(String.valueOf(getMessage()))
            .addDetails(
                Any.pack(
                    RetryInfo.newBuilder()
                        .setRetryDelay(
                            com.google.protobuf.Duration.newBuilder()
                                .setSeconds(retryAfter.toSeconds())
                                .setNanos(retryAfter.toNanosPart()))
                        .build()))
            .build());
  }

  /** For the audit log: more than the caller is told, if there is more. */
  String detail() {
    return String.valueOf(
        getCause() instanceof CaException more ? more.getMessage() : getMessage());
  }
}

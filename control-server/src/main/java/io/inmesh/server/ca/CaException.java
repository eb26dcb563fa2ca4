package io.inmesh.server.ca;

import io.grpc.Status;

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
    /** It is not the caller's fault; trying again may help. */
    UNAVAILABLE(Status.Code.UNAVAILABLE);

    private final Status.Code code;

    Kind(Status.Code code) {
      this.code = code;
    }
  }

  private final Kind kind;

  CaException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  CaException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  CaException(String message) {
    this(Kind.UNPROVEN, message);
  }

  CaException(String message, Throwable cause) {
    this(Kind.UNPROVEN, message, cause);
  }

  /** What the caller is told. */
  Status status() {
    return kind.code.toStatus().withDescription(getMessage());
  }

  /** For the audit log: more than the caller is told, if there is more. */
  String detail() {
    return String.valueOf(
        getCause() instanceof CaException more ? more.getMessage() : getMessage());
  }
}

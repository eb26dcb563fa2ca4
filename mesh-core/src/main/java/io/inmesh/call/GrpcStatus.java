package io.inmesh.call;

/** gRPC's status codes and HTTP's, as the mesh translates them in its own answers. */
public final class GrpcStatus {
  /** CANCELLED. */
  public static final int CANCELLED = 1;

  /** DEADLINE_EXCEEDED. */
  public static final int DEADLINE_EXCEEDED = 4;

  /** RESOURCE_EXHAUSTED. */
  public static final int RESOURCE_EXHAUSTED = 8;

  /** ABORTED. */
  public static final int ABORTED = 10;

  /** UNIMPLEMENTED. */
  public static final int UNIMPLEMENTED = 12;

  /** UNAVAILABLE. */
  public static final int UNAVAILABLE = 14;

  private GrpcStatus() {}

  /** gRPC's reading of an HTTP status (its "HTTP to gRPC status code mapping"). */
  public static int ofHttp(int httpStatus) {
    return switch (httpStatus) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> UNIMPLEMENTED;
      case 429, 502, 503, 504 -> UNAVAILABLE;
      default -> 2;
    };
  }

  /** The HTTP status that stands for a gRPC status towards plain HTTP callers. */
  public static int toHttp(int grpcStatus) {
    return switch (grpcStatus) {
      case 0 -> 200;
      case CANCELLED -> 499;
      case 3, 9, 11 -> 400;
      case DEADLINE_EXCEEDED -> 504;
      case 5 -> 404;
      case 6, ABORTED -> 409;
      case 7 -> 403;
      case RESOURCE_EXHAUSTED -> 429;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE -> 503;
      case 16 -> 401;
      default -> 500;
    };
  }
}

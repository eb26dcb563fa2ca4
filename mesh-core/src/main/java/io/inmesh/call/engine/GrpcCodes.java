package io.inmesh.call.engine;

/** gRPC statuses as outlier detection counts them. */
final class GrpcCodes {
  private static final int[] HTTP = {
    200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401
  };

  private GrpcCodes() {}

  /** The HTTP status that stands for one, as in {@code google.rpc.Code}. */
  static int httpStatus(int grpcStatus) {
    return grpcStatus >= 0 && grpcStatus < HTTP.length ? HTTP[grpcStatus] : 500;
  }
}

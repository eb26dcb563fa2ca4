package io.inmesh.testing;

import io.inmesh.call.Headers;
import io.inmesh.call.ResponseHead;

/**
 * A response head of plain values.
 *
 * @param status HTTP status
 * @param grpcStatus of a trailers-only response, else {@link ResponseHead#NO_GRPC_STATUS}
 * @param headers fields
 */
public record FakeResponse(int status, int grpcStatus, Headers headers) implements ResponseHead {
  /** An HTTP response with header names and values. */
  public static FakeResponse http(int status, String... headers) {
    return new FakeResponse(status, NO_GRPC_STATUS, FakeHeaders.of(headers));
  }

  /** A gRPC response of trailers only. */
  public static FakeResponse trailersOnly(int grpcStatus, String... headers) {
    return new FakeResponse(200, grpcStatus, FakeHeaders.of(headers));
  }
}

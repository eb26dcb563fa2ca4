package io.inmesh.call;

import java.util.List;
import java.util.Map;

/**
 * A whole response that was kept for requests with the same idempotency key. Immutable; the parts
 * must not be changed.
 *
 * @param status HTTP status; 200 for gRPC
 * @param headers fields of the head
 * @param parts the body; for gRPC one serialized message each, for HTTP as it was written
 * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
 * @param trailers fields after the body; for gRPC without {@code grpc-status}, with {@code
 *     grpc-message}
 */
public record StoredResponse(
    int status,
    List<Map.Entry<String, String>> headers,
    List<byte[]> parts,
    int grpcStatus,
    List<Map.Entry<String, String>> trailers) {
  public StoredResponse {
    headers = List.copyOf(headers);
    parts = List.copyOf(parts);
    trailers = List.copyOf(trailers);
  }
}

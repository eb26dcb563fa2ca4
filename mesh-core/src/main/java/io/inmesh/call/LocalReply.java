package io.inmesh.call;

import io.inmesh.MeshException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer that the mesh gives itself: a redirect, a direct response, a fault, a refusal.
 *
 * @param status HTTP status
 * @param grpcStatus gRPC status code, for gRPC calls
 * @param headers additional fields
 * @param body text, may be empty; the status message for gRPC
 * @param reason why, when it stands for a failure; null for redirects and direct responses
 */
public record LocalReply(
    int status,
    int grpcStatus,
    List<Map.Entry<String, String>> headers,
    String body,
    MeshException.@Nullable Reason reason) {
  public LocalReply {
    headers = List.copyOf(headers);
  }

  /**
   * A refusal by a filter.
   *
   * @param status HTTP status; gRPC callers get the code that stands for it
   * @param text for people
   */
  public static LocalReply refusal(int status, String text) {
    return new LocalReply(
        status, GrpcStatus.ofHttp(status), List.of(), text, MeshException.Reason.DENIED);
  }
}

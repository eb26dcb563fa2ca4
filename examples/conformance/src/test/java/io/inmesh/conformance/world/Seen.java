package io.inmesh.conformance.world;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as an instance saw it.
 *
 * @param method HTTP method, POST for gRPC
 * @param path with the query; for gRPC {@code /package.Service/Method}
 * @param authority {@code Host} or {@code :authority}
 * @param headers by lower-case name, several values joined by commas
 * @param remainingMillis what is left of the deadline; {@link Long#MAX_VALUE}: there is none
 * @param protocol {@code HTTP/1.1}, {@code HTTP/2} or {@code gRPC}
 * @param connection tells connections apart
 * @param bytes of the request's body; over gRPC of its first message
 */
public record Seen(
    String method,
    String path,
    String authority,
    Map<String, String> headers,
    long remainingMillis,
    String protocol,
    String connection,
    long bytes) {
  /** The value of a header; null: there is none. */
  public @Nullable String header(String name) {
    return headers.get(name);
  }
}

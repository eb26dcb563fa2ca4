package io.inmesh.model;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What somebody who decides about a request is told of it.
 *
 * @param method HTTP method
 * @param scheme {@code http} or {@code https}
 * @param authority host and port as the caller wrote them
 * @param path with query
 * @param protocol {@code HTTP/1.1}, {@code HTTP/2}
 * @param headers by lower-case name; several values are joined with a comma
 * @param source the connection's other end; null: unknown
 * @param sourceIdentity that it proved; empty: none
 * @param destination this end of the connection; null: unknown
 * @param serverName of the TLS handshake; empty: none
 * @param body null: it is not shown
 */
public record AccessQuestion(
    String method,
    String scheme,
    String authority,
    String path,
    String protocol,
    Map<String, String> headers,
    @Nullable InetSocketAddress source,
    String sourceIdentity,
    @Nullable InetSocketAddress destination,
    String serverName,
    @Nullable Body body) {
  /**
   * What is shown of the body.
   *
   * @param bytes read-only
   * @param asBytes whether they are passed on as they are, not as text
   */
  public record Body(ByteBuffer bytes, boolean asBytes) {
    public Body {
      bytes = bytes.asReadOnlyBuffer();
    }
  }

  public AccessQuestion {
    headers = Map.copyOf(headers);
  }

  /** Without headers and query, which may hold secrets. */
  @Override
  public String toString() {
    return "AccessQuestion[" + method + " of " + sourceIdentity + "]";
  }
}

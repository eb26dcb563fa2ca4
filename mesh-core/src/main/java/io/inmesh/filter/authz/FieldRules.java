package io.inmesh.filter.authz;

import io.inmesh.call.MeshHeaders;
import java.util.Set;

/** Which header fields somebody who decides about requests may change. Stateless. */
final class FieldRules {
  /** Those by which messages are framed and routed. */
  private static final Set<String> FRAMING =
      Set.of(
          "connection",
          "content-length",
          "host",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "expect",
          "date",
          "grpc-status",
          "grpc-message",
          MeshHeaders.GRPC_TIMEOUT,
          MeshHeaders.ATTEMPT_COUNT,
          MeshHeaders.FORWARDED_CLIENT_CERT);

  private FieldRules() {}

  /** Whether a field, its name in lower case, may be set and removed. */
  static boolean changeable(String name) {
    return !name.isEmpty()
        && name.charAt(0) != ':'
        && !name.startsWith(MeshHeaders.PREFIX)
        && !FRAMING.contains(name);
  }
}

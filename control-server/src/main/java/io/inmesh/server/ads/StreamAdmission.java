package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Status;

/**
 * Decides whether a client may be who its node says: asked once per stream, with its first request.
 * Called from several threads; must not block.
 */
@FunctionalInterface
public interface StreamAdmission {
  /** Lets everyone in. */
  StreamAdmission ALL = (node, transport, context) -> Status.OK;

  /**
   * Admits or refuses a stream.
   *
   * @param node the node of the first request
   * @param transport the attributes of the connection, with its TLS session and remote address
   * @param context the gRPC context the call was started in, as interceptors left it
   * @return OK, or the status to close the stream with
   */
  Status admit(Node node, Attributes transport, Context context);
}

package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Status;
import java.util.function.Supplier;

/**
 * Decides whether a client may be who its node says. Called from several threads; must not block.
 */
@FunctionalInterface
public interface StreamAdmission {
  /** Lets everyone in. */
  StreamAdmission ALL = (node, transport, context) -> () -> Status.OK;

  /**
   * Takes in what a client claims to be, with the first request of its stream.
   *
   * @param node the node of the first request
   * @param transport the attributes of the connection, with its TLS session and remote address
   * @param context the gRPC context the call was started in, as interceptors left it
   * @return whether it may be that: OK, or the status to close the stream with. Asked at once and
   *     by every {@link AdsService#review}; kept as long as the stream, so it should be small
   */
  Supplier<Status> claim(Node node, Attributes transport, Context context);
}

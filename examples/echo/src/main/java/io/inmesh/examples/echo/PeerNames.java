package io.inmesh.examples.echo;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** Who calls, by the connection's verified identity. */
final class PeerNames {
  private PeerNames() {}

  static @Nullable String current() {
    Peer peer = CallContext.peer(Context.current());
    SpiffeId identity = peer == null ? null : peer.identity();
    return identity == null ? null : identity.toString();
  }
}

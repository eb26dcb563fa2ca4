package io.inmesh;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import io.opentelemetry.context.Context;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who sent the request that this thread works on, as the connection's handshake has proved it.
 * Nothing a caller writes into a request has any influence on it. Immutable.
 */
public final class MeshPeer {
  private final Peer peer;

  private MeshPeer(Peer peer) {
    this.peer = peer;
  }

  /**
   * The peer of the request that is being handled, by OpenTelemetry's current context; empty
   * outside of one.
   */
  public static Optional<MeshPeer> current() {
    return of(Context.current());
  }

  /** The peer of the request that a context belongs to. */
  public static Optional<MeshPeer> of(Context context) {
    Peer peer = CallContext.peer(context);
    return peer == null ? Optional.empty() : Optional.of(new MeshPeer(peer));
  }

  /** The identity it has proved; null: it has shown none. */
  public @Nullable SpiffeId spiffeId() {
    return peer.identity();
  }

  /**
   * The identity it has proved.
   *
   * @throws MeshException with {@link MeshException.Reason#DENIED} if it has shown none
   */
  public SpiffeId requireSpiffeId() throws MeshException {
    SpiffeId id = peer.identity();
    if (id == null) {
      throw new MeshException(MeshException.Reason.DENIED, "the peer has shown no identity");
    }
    return id;
  }

  /** The other end of its connection. */
  public SocketAddress address() {
    return peer.address();
  }

  /** For logs: identity and address. */
  @Override
  public String toString() {
    SpiffeId id = peer.identity();
    return (id == null ? "a peer without identity" : id.toString()) + " at " + peer.address();
  }
}

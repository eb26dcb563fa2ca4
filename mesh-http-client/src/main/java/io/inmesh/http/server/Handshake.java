package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.Channel;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * How a connection came about.
 *
 * @param peer who is at the other end
 * @param generation what it was secured with; null: plaintext
 * @param session null: plaintext
 */
record Handshake(Peer peer, @Nullable TlsGeneration generation, @Nullable SSLSession session) {
  static Handshake plaintext(Channel channel) {
    return new Handshake(
        Peer.of(channel.remoteAddress(), channel.localAddress(), null), null, null);
  }

  /** With TLS; the peer has been checked. */
  static Handshake secured(Channel channel, TlsGeneration generation, SSLSession session) {
    return new Handshake(
        Peer.of(channel.remoteAddress(), channel.localAddress(), session), generation, session);
  }

  /** What becomes of the connection now. */
  Standing standing(ServerTls now) {
    return generation == null || session == null
        ? now.plaintextStanding()
        : now.standing(generation, session);
  }
}

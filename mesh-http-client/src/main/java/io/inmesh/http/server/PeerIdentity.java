package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;

/** Who is at the other end of a connection, as its handshake has shown. */
final class PeerIdentity {
  private PeerIdentity() {}

  static Peer of(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return Peer.of(
        channel.remoteAddress(),
        channel.localAddress(),
        tls == null ? null : tls.engine().getSession());
  }
}

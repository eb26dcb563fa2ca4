package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of a connection, as its handshake has shown. */
final class PeerIdentity {
  private PeerIdentity() {}

  static Peer of(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return new Peer(channel.remoteAddress(), tls == null ? null : spiffeId(tls), tls != null);
  }

  private static @Nullable SpiffeId spiffeId(SslHandler tls) {
    try {
      Certificate[] chain = tls.engine().getSession().getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf
          ? SpiffeId.of(leaf)
          : null;
    } catch (SSLPeerUnverifiedException | CertificateException none) {
      return null;
    }
  }
}

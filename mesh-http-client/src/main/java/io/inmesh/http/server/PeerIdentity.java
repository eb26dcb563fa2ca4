package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of a connection, as its handshake has shown. */
final class PeerIdentity {
  private static final Integer URI_NAME = 6;

  private PeerIdentity() {}

  static Peer of(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return new Peer(channel.remoteAddress(), tls == null ? null : spiffeId(tls), tls != null);
  }

  private static @Nullable String spiffeId(SslHandler tls) {
    try {
      Certificate[] chain = tls.engine().getSession().getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf ? spiffeId(leaf) : null;
    } catch (SSLPeerUnverifiedException none) {
      return null;
    }
  }

  /** The only URI name, if it is a SPIFFE ID; a certificate with several has none. */
  private static @Nullable String spiffeId(X509Certificate leaf) {
    try {
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      String found = null;
      if (names != null) {
        for (List<?> name : names) {
          if (URI_NAME.equals(name.get(0)) && name.get(1) instanceof String uri) {
            if (found != null || !uri.startsWith("spiffe://")) {
              return null;
            }
            found = uri;
          }
        }
      }
      return found;
    } catch (CertificateParsingException invalid) {
      return null;
    }
  }
}

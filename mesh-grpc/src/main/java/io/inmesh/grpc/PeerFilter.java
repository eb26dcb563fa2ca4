package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.inmesh.call.Peer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Works out who is at the other end once per connection. */
final class PeerFilter extends ServerTransportFilter {
  static final Attributes.Key<Peer> PEER = Attributes.Key.create("inmesh-peer");

  private static final int URI_NAME = 6;

  @Override
  public Attributes transportReady(Attributes attributes) {
    return attributes.toBuilder().set(PEER, peer(attributes)).build();
  }

  static Peer of(Attributes attributes) {
    Peer peer = attributes.get(PEER);
    return peer == null ? peer(attributes) : peer;
  }

  private static Peer peer(Attributes attributes) {
    SocketAddress address = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    return new Peer(
        address == null ? InetSocketAddress.createUnresolved("unknown", 0) : address,
        session == null ? null : spiffeId(session),
        session != null);
  }

  /** The SPIFFE ID in the verified leaf certificate: its only URI name, as X.509-SVIDs have it. */
  private static @Nullable String spiffeId(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length == 0 || !(chain[0] instanceof X509Certificate leaf)) {
        return null;
      }
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      String found = null;
      for (List<?> name : names == null ? List.<List<?>>of() : names) {
        if (name.get(0) instanceof Integer type && type == URI_NAME) {
          if (found != null) {
            return null;
          }
          found = String.valueOf(name.get(1));
        }
      }
      return found != null && found.startsWith("spiffe://") ? found : null;
    } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
      return null;
    }
  }
}

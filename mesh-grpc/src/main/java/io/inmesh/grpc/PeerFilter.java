package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Works out who is at the other end once per connection. */
final class PeerFilter extends ServerTransportFilter {
  static final Attributes.Key<Peer> PEER = Attributes.Key.create("inmesh-peer");

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

  private static @Nullable SpiffeId spiffeId(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf
          ? SpiffeId.of(leaf)
          : null;
    } catch (SSLPeerUnverifiedException | CertificateException e) {
      return null;
    }
  }
}

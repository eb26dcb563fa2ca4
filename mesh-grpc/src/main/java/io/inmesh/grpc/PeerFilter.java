package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.inmesh.call.Peer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

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
    return Peer.of(
        address == null ? InetSocketAddress.createUnresolved("unknown", 0) : address,
        attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR),
        attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
  }
}

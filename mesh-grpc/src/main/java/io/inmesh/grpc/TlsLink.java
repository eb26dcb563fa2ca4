package io.inmesh.grpc;

import io.grpc.Attributes;
import io.inmesh.identity.TlsGeneration;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * How one subchannel's connections are secured; travels in the attributes of its address.
 *
 * @param generation what they are secured with
 * @param address where they lead
 * @param open where they are noted once they are established
 */
record TlsLink(TlsGeneration generation, InetSocketAddress address, Set<LiveConnection> open) {
  static final Attributes.Key<TlsLink> KEY = Attributes.Key.create("inmesh-tls");

  SSLEngine engine(SslContexts contexts, ByteBufAllocator allocator) {
    String name = generation.sni();
    return contexts
        .client(generation)
        .newEngine(allocator, name == null ? address.getHostString() : name, address.getPort());
  }

  /** The handshake succeeded and the peer is who it should be. */
  void established(Channel channel, SSLSession session) {
    LiveConnection connection = new LiveConnection(channel, generation, session);
    open.add(connection);
    connection.whenClosed(() -> open.remove(connection));
    // Trust may have changed since the handshake began; the peer's certificate will end.
    connection.apply(generation.standing(session), false);
  }

  /** Identity is what is compared: each subchannel has its own. */
  @Override
  @SuppressWarnings("ReferenceEquality")
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}

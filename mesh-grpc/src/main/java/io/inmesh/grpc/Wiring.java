package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiators;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.socket.TcpKeepAlive;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * How one subchannel's connections are made; travels in the attributes of its address.
 *
 * @param target where they lead, and how long they live
 * @param generation what they are secured with; null: plaintext
 * @param slots where they say how many streams there may be
 * @param open where the secured ones are noted once they are established
 */
record Wiring(
    Target target,
    @Nullable TlsGeneration generation,
    StreamSlots slots,
    Set<LiveConnection> open) {
  static final Attributes.Key<Wiring> KEY = Attributes.Key.create("inmesh-wiring");

  /** The first handler of a connection that is going to be made. */
  ChannelHandler start(GrpcHttp2ConnectionHandler grpc, SslContexts contexts) {
    ConnectionPings.install(grpc, target.connections().ping(), slots);
    TlsGeneration tls = generation;
    return new Socket(
        tls == null
            ? InternalProtocolNegotiators.plaintext().newHandler(grpc)
            : InternalProtocolNegotiators.waitUntilActiveHandler(
                new ClientHandshake(grpc, this, tls, contexts), grpc.getNegotiationLogger()));
  }

  SSLEngine engine(TlsGeneration tls, SslContexts contexts, ByteBufAllocator allocator) {
    String name = tls.sni();
    return contexts
        .client(tls)
        .newEngine(
            allocator,
            name == null ? target.address().getHostString() : name,
            target.address().getPort());
  }

  /** The handshake succeeded and the peer is who it should be. */
  void established(TlsGeneration tls, Channel channel, SSLSession session) {
    LiveConnection connection = new LiveConnection(channel, tls, session);
    open.add(connection);
    connection.whenClosed(() -> open.remove(connection));
    // Trust may have changed since the handshake began; the peer's certificate will end.
    connection.apply(tls.standing(session), false);
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

  /** Sets what has to be set before it connects, then makes way. */
  private final class Socket extends ChannelInboundHandlerAdapter {
    private final ChannelHandler next;

    Socket(ChannelHandler next) {
      this.next = next;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Channel channel = context.channel();
      channel.config().setConnectTimeoutMillis(target.connectTimeoutMillis());
      TcpKeepAlive.apply(channel, target.connections().tcpKeepAlive());
      context.pipeline().replace(this, null, next);
    }
  }
}

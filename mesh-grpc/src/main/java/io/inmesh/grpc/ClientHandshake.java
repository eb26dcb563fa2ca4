package io.inmesh.grpc;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLSession;

/** Secures a connection of a channel. */
final class ClientHandshake extends Handshake {
  private final TlsLink link;
  private final SslContexts contexts;

  ClientHandshake(GrpcHttp2ConnectionHandler grpc, TlsLink link, SslContexts contexts) {
    super(grpc);
    this.link = link;
    this.contexts = contexts;
  }

  @Override
  protected void handlerAdded0(ChannelHandlerContext context) {
    SslHandler tls = new SslHandler(link.engine(contexts, context.alloc()));
    context.pipeline().addBefore(context.name(), null, tls);
  }

  @Override
  TlsGeneration generation() {
    return link.generation();
  }

  @Override
  void established(ChannelHandlerContext context, SSLSession session) {
    link.established(context.channel(), session);
  }
}

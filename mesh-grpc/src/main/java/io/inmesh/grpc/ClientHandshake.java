package io.inmesh.grpc;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLSession;

/** Secures a connection of a channel. */
final class ClientHandshake extends Handshake {
  private final Wiring wiring;
  private final TlsGeneration generation;
  private final SslContexts contexts;

  ClientHandshake(
      GrpcHttp2ConnectionHandler grpc,
      Wiring wiring,
      TlsGeneration generation,
      SslContexts contexts) {
    super(grpc);
    this.wiring = wiring;
    this.generation = generation;
    this.contexts = contexts;
  }

  @Override
  protected void handlerAdded0(ChannelHandlerContext context) {
    SslHandler tls = new SslHandler(wiring.engine(generation, contexts, context.alloc()));
    context.pipeline().addBefore(context.name(), null, tls);
  }

  @Override
  TlsGeneration generation() {
    return generation;
  }

  @Override
  void established(ChannelHandlerContext context, SSLSession session) {
    wiring.established(generation, context.channel(), session);
  }
}

package io.inmesh.spring;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Tells by the first byte of a connection whether it is TLS, and takes TLS out of its way if it is
 * not and need not be. HTTP/2 over TLS has its handlers wait for the handshake's choice of
 * protocol: there plaintext stays what it was, an error.
 */
final class PlaintextSniffer extends ChannelInboundHandlerAdapter {
  /** The type of TLS records that handshakes begin with. */
  private static final byte HANDSHAKE = 22;

  private final ContainerTls tls;

  private PlaintextSniffer(ContainerTls tls) {
    this.tls = tls;
  }

  /** A server each of whose connections is looked at. */
  static HttpServer before(HttpServer server, ContainerTls tls) {
    return server.doOnChannelInit(
        (observer, channel, address) -> channel.pipeline().addFirst(new PlaintextSniffer(tls)));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && bytes.isReadable()) {
      ChannelPipeline pipeline = context.pipeline();
      boolean plaintext = bytes.getByte(bytes.readerIndex()) != HANDSHAKE;
      if (plaintext
          && tls.plaintext()
          && pipeline.get(NettyPipeline.SslReader) != null
          && pipeline.get(NettyPipeline.H2OrHttp11Codec) == null) {
        pipeline.remove(NettyPipeline.SslReader);
        pipeline.remove(NettyPipeline.SslHandler);
        context.fireChannelActive(); // which the reader has held back until the handshake
      }
      pipeline.remove(this);
    }
    context.fireChannelRead(message);
  }
}

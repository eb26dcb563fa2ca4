package io.inmesh.http.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;

/**
 * Looks at a connection's first bytes and puts the protocol's handlers in its place: a TLS record
 * begins with 22, HTTP/2 with prior knowledge with {@code PRI}, everything else is HTTP/1.1.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class ProtocolSniffer extends ByteToMessageDecoder implements ServerConnection {
  private static final int TLS_HANDSHAKE = 22;
  private static final byte[] PREFACE = {'P', 'R', 'I', ' ', '*', ' ', 'H', 'T', 'T', 'P'};

  private final Acceptor acceptor;
  private final Channel channel;
  private final long since = System.nanoTime();
  private boolean secured;

  ProtocolSniffer(Acceptor acceptor, Channel channel) {
    this.acceptor = acceptor;
    this.channel = channel;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    acceptor.opened(channel, this);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    acceptor.closed(channel, this);
  }

  @Override
  public void tick(long now) {
    if (now - since > acceptor.settings.headTimeout().toNanos()) {
      channel.close();
    }
  }

  @Override
  public void drain() {
    channel.close();
  }

  @Override
  public void close() {
    channel.close();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    int first = in.getUnsignedByte(in.readerIndex());
    if (!secured) {
      SslContext tls = acceptor.tls();
      if (first == TLS_HANDSHAKE && tls != null) {
        secured = true;
        SslHandler handler = tls.newHandler(ctx.alloc());
        handler.setHandshakeTimeoutMillis(acceptor.settings.headTimeout().toMillis());
        ctx.pipeline().addBefore(ctx.name(), "ssl", handler);
        ByteBuf record = in.readRetainedSlice(in.readableBytes());
        ctx.pipeline().context("ssl").pipeline().fireChannelRead(record);
        return;
      }
      if (tls != null && !acceptor.plaintextToo()) {
        in.skipBytes(in.readableBytes());
        ctx.close();
        return;
      }
    }
    for (int i = 0; i < Math.min(PREFACE.length, in.readableBytes()); i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
        http1(ctx);
        return;
      }
    }
    if (in.readableBytes() >= PREFACE.length) {
      new Http2ServerConnection(acceptor, channel).install();
      ctx.pipeline().remove(this);
    }
  }

  private void http1(ChannelHandlerContext ctx) {
    new Http1ServerConnection(acceptor, channel).install();
    ctx.pipeline().remove(this);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
      ctx.close();
    }
    super.userEventTriggered(ctx, event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}

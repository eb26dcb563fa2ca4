package io.inmesh.http.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection whose peer may still be sending: says so, then takes and drops what comes until
 * the peer is done too, for at most {@link #SECONDS} and {@link #BYTES}. Closing at once would be
 * answered by the peer's kernel with a reset that destroys the response on its way (RFC 9112
 * section 9.6).
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Lingering extends ChannelDuplexHandler {
  static final int BYTES = 1 << 20;
  static final int SECONDS = 2;

  private int dropped;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> sayGoodbye(ctx));
    ctx.executor().schedule(() -> ctx.close(), SECONDS, TimeUnit.SECONDS);
    ctx.read();
  }

  private static void sayGoodbye(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (tls == null) {
      shutOutput(ctx);
    } else {
      tls.closeOutbound().addListener(said -> shutOutput(ctx));
    }
  }

  private static void shutOutput(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    } else {
      ctx.close();
    }
  }

  /** Whoever wants it closed: it will be, soon. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    ctx.channel().closeFuture().addListener(closed -> promise.trySuccess());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      dropped += bytes.readableBytes();
    }
    ReferenceCountUtil.release(message);
    if (dropped > BYTES) {
      ctx.close();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.read();
  }
}

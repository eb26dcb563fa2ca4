package io.inmesh.probe;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;

/** Reads one response, of whose body only the beginning matters. */
final class HttpReader extends SimpleChannelInboundHandler<HttpObject> {
  private static final int MAX_BODY = 4096;
  private static final int FINAL = 200;

  private final HttpQuestion question;
  private final Channel connection;
  private final ProbeConnection to;
  private final ByteBuffer body = ByteBuffer.allocate(MAX_BODY);
  private int status;
  private boolean keepAlive;
  private boolean done;
  private HttpHeaders headers = EmptyHttpHeaders.INSTANCE;

  /**
   * Of the answer to a question.
   *
   * @param connection which ends if no answer comes
   */
  HttpReader(HttpQuestion question, Channel connection, ProbeConnection to) {
    this.question = question;
    this.connection = connection;
    this.to = to;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message.decoderResult().isFailure()) {
      failed("the answer is no HTTP");
      return;
    }
    if (message instanceof HttpResponse response) {
      status = response.status().code();
      headers = response.headers();
      keepAlive = HttpUtil.isKeepAlive(response);
    }
    if (status < FINAL) {
      return;
    }
    if (message instanceof HttpContent content) {
      ByteBuf bytes = content.content();
      int taken = Math.min(bytes.readableBytes(), body.remaining());
      bytes.readBytes(body.slice().limit(taken));
      body.position(body.position() + taken);
    }
    if (message instanceof LastHttpContent last && !done) {
      done = true;
      context.pipeline().remove(this);
      to.answered(
          question
              .meaning()
              .apply(new HttpAnswer(status, headers, last.trailingHeaders(), body.flip())),
          keepAlive);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    failed("the answer was broken off");
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    failed(String.valueOf(cause.getMessage()));
  }

  private void failed(String why) {
    if (!done) {
      done = true;
      to.lost(connection, why);
    }
  }
}

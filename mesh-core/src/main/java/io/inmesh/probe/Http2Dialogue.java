package io.inmesh.probe;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.concurrent.Future;

/** A request over HTTP/2, a stream for each. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http2Dialogue implements Dialogue {
  private final HttpQuestion question;

  Http2Dialogue(HttpQuestion question) {
    this.question = question;
  }

  @Override
  public String protocol() {
    return "h2";
  }

  @Override
  public void prepare(Channel connection) {
    connection
        .pipeline()
        .addBefore(
            ProbeConnection.LIFE,
            null,
            Http2FrameCodecBuilder.forClient()
                .initialSettings(Http2Settings.defaultSettings().pushEnabled(false))
                .build())
        .addBefore(
            ProbeConnection.LIFE,
            null,
            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
  }

  @Override
  public void begin(Channel connection, ProbeConnection to) {
    new Http2StreamChannelBootstrap(connection)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel stream) {
                stream
                    .pipeline()
                    .addLast(
                        new Http2StreamFrameToHttpObjectCodec(false),
                        new HttpReader(question, connection, to));
              }
            })
        .open()
        .addListener((Future<Http2StreamChannel> opened) -> send(opened, connection, to));
  }

  private void send(Future<Http2StreamChannel> opened, Channel connection, ProbeConnection to) {
    if (opened.isSuccess()) {
      opened.getNow().writeAndFlush(question.request());
    } else {
      to.lost(connection, String.valueOf(opened.cause().getMessage()));
    }
  }
}

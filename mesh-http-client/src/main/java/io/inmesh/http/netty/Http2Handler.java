package io.inmesh.http.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception.StreamException;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.function.Consumer;

/** Netty's handler for a connection, which also tells what the peer did wrong on a stream. */
final class Http2Handler extends Http2ConnectionHandler {
  private final Consumer<StreamException> errors;

  private Http2Handler(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Consumer<StreamException> errors) {
    super(decoder, encoder, settings);
    this.errors = errors;
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx, boolean outbound, Throwable cause, StreamException error) {
    if (!outbound) {
      errors.accept(error);
    }
    super.onStreamError(ctx, outbound, cause, error);
  }

  /** With what both sides have in common. */
  static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2ConnectionHandler, Builder> {
    private final Consumer<StreamException> errors;

    Builder(
        Http2Connection connection,
        Http2Settings settings,
        Http2FrameListener listener,
        Consumer<StreamException> errors) {
      this.errors = errors;
      connection(connection);
      initialSettings(settings);
      frameListener(listener);
      validateHeaders(true);
      // Our server judges resets by their share; those of a server are how it refuses.
      decoderEnforceMaxRstFramesPerWindow(0, 1);
      gracefulShutdownTimeoutMillis(0);
    }

    @Override
    protected Http2ConnectionHandler build() {
      return super.build();
    }

    @Override
    protected Http2ConnectionHandler build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2Handler(decoder, encoder, settings, errors);
    }
  }
}

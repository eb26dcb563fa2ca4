package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.inmesh.http.netty.Http2Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http2ServerConnection implements ServerConnection {
  private final Acceptor acceptor;
  private final ServerSettings settings;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Http2ConnectionHandler handler;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Peer peer;
  private boolean draining;
  private long idleSince = System.nanoTime();

  Http2ServerConnection(Acceptor acceptor) {
    this.acceptor = acceptor;
    this.settings = acceptor.settings;
    connection = Http2Codec.connection(true);
    key = connection.newKey();
    connection.addListener(new Closings());
    handler =
        Http2Codec.handler(
            connection,
            new Http2Settings()
                .maxConcurrentStreams(settings.maxStreams())
                .initialWindowSize(settings.window())
                .maxHeaderListSize(settings.maxHeaderBytes()),
            new Frames());
  }

  void install(ChannelHandlerContext at) {
    peer = PeerIdentity.of(at.channel());
    at.pipeline().addLast(new FlushConsolidationHandler(64, true), handler, new End());
    context = at.pipeline().context(handler);
    acceptor.opened(this);
    watch(context);
  }

  private void watch(ChannelHandlerContext ctx) {
    ctx.executor()
        .schedule(
            () -> {
              if (ctx.channel().isActive()) {
                long idle = System.nanoTime() - idleSince;
                if (connection.numActiveStreams() == 0 && idle > settings.idleTimeout().toNanos()) {
                  ctx.channel().close();
                }
                watch(ctx);
              }
            },
            1,
            TimeUnit.SECONDS);
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("not installed");
    }
    return context;
  }

  private @Nullable Stream of(int id) {
    Http2Stream stream = connection.stream(id);
    return stream == null ? null : stream.getProperty(key);
  }

  @Override
  public void drain() {
    ChannelHandlerContext ctx = context();
    ctx.executor()
        .execute(
            () -> {
              if (!draining && ctx.channel().isActive()) {
                draining = true;
                handler.goAway(
                    ctx,
                    connection.remote().lastStreamCreated(),
                    Http2Error.NO_ERROR.code(),
                    Unpooled.EMPTY_BUFFER,
                    ctx.newPromise());
                handler.flush(ctx);
                closeIfDrained();
              }
            });
  }

  private void closeIfDrained() {
    if (draining && connection.numActiveStreams() == 0) {
      context().channel().close();
    }
  }

  @Override
  public void close() {
    context().channel().close();
  }

  /** What the peer sends. */
  private final class Frames extends Http2FrameAdapter {
    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end)
        throws Http2Exception {
      onHeadersRead(ctx, id, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      Stream known = of(id);
      if (known != null) {
        if (!end) {
          throw malformed(id, "two heads");
        }
        known.end(); // trailers, which handlers have no way to see
        return;
      }
      Http2Stream stream = connection.stream(id);
      if (stream == null || stream.isResetSent()) {
        return;
      }
      Fields fields = Http2Codec.fields(headers);
      if (fields == null) {
        throw malformed(id, "too many fields");
      }
      Stream request = new Stream(stream, head(id, headers, fields));
      stream.setProperty(key, request);
      String length = fields.get("content-length");
      if (length != null && tooLong(length)) {
        request.refuse(413);
        return;
      }
      if (end) {
        request.end();
      }
      acceptor.dispatcher().dispatch(request);
    }

    private boolean tooLong(String length) {
      try {
        return Long.parseLong(length) > settings.maxBodyBytes();
      } catch (NumberFormatException invalid) {
        return true;
      }
    }

    private HttpHead head(int id, Http2Headers headers, Fields fields) throws Http2Exception {
      CharSequence method = headers.method();
      CharSequence path = headers.path();
      CharSequence scheme = headers.scheme();
      CharSequence authority = headers.authority();
      String host = authority == null ? fields.get("host") : authority.toString();
      if (method == null || path == null || scheme == null || path.length() == 0) {
        throw malformed(id, "missing pseudo-header");
      }
      String target = path.toString();
      if (!target.startsWith("/") && !target.equals("*")) {
        throw malformed(id, "invalid path");
      }
      if (authority != null) {
        fields.remove("host");
      }
      try {
        if (!FieldSyntax.isToken(method.toString())) {
          throw new IllegalArgumentException("method");
        }
        return new HttpHead(
            method.toString(),
            scheme.toString(),
            FieldSyntax.checkTarget(host == null ? "" : host),
            FieldSyntax.checkTarget(target),
            fields);
      } catch (IllegalArgumentException invalid) {
        throw malformed(id, "invalid pseudo-header");
      }
    }

    private Http2Exception malformed(int id, String what) {
      return Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, what);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
      Stream stream = of(id);
      int bytes = data.readableBytes();
      if (stream == null) {
        return bytes + padding;
      }
      if (bytes > 0) {
        stream.expects = false;
        if (!stream.within(settings.maxBodyBytes(), bytes)) {
          stream.broken(new IOException("the request body is too long"));
          stream.refuse(413);
          return bytes + padding;
        }
        stream.data(Http1Codec.copy(data));
      }
      if (end) {
        stream.end();
      }
      return padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) {
      Stream stream = of(id);
      if (stream != null) {
        stream.broken(new IOException("the peer reset the stream"));
      }
    }
  }

  /** Streams that end. */
  private final class Closings extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream closed) {
      Stream stream = closed.removeProperty(key);
      if (stream != null && !stream.done) {
        stream.broken(new IOException("the stream was closed"));
      }
    }

    @Override
    public void onStreamRemoved(Http2Stream removed) {
      idleSince = System.nanoTime();
      if (draining) {
        context().executor().execute(Http2ServerConnection.this::closeIfDrained);
      }
    }
  }

  /** The end of the pipeline. */
  private final class End extends ChannelInboundHandlerAdapter {
    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      acceptor.closed(Http2ServerConnection.this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** One request. */
  private final class Stream extends ServerStream {
    private final Http2Stream stream;
    boolean expects;
    boolean started;
    boolean done;

    Stream(Http2Stream stream, HttpHead head) {
      super(context().channel(), head, peer());
      this.stream = stream;
      expects = "100-continue".equals(head.headers().get("expect"));
      head.headers().remove("expect");
    }

    @Override
    String protocol() {
      return "HTTP/2.0";
    }

    private boolean writable() {
      return !done && connection.stream(stream.id()) == stream && !stream.isResetSent();
    }

    @Override
    void writeHead(int status, Fields fields, long length, boolean end) {
      if (writable()) {
        started = true;
        ChannelHandlerContext ctx = context();
        handler
            .encoder()
            .writeHeaders(
                ctx,
                stream.id(),
                Http2Codec.response(status, fields, length),
                0,
                end,
                ctx.newPromise());
      }
    }

    @Override
    void writeBody(ByteBuf data, boolean last, ChannelFutureListener written) {
      ChannelHandlerContext ctx = context();
      if (!writable()) {
        data.release();
        ctx.newFailedFuture(new IOException("the stream is closed")).addListener(written);
        return;
      }
      handler
          .encoder()
          .writeData(ctx, stream.id(), data, 0, last, ctx.newPromise())
          .addListener(written);
      handler.flush(ctx);
    }

    @Override
    void sendContinue() {
      if (expects && !started && writable()) {
        expects = false;
        ChannelHandlerContext ctx = context();
        handler
            .encoder()
            .writeHeaders(
                ctx,
                stream.id(),
                Http2Codec.response(100, new Fields(1), NONE),
                0,
                false,
                ctx.newPromise());
        handler.flush(ctx);
      }
    }

    @Override
    void consumed(int bytes) {
      if (connection.stream(stream.id()) != stream || stream.getProperty(key) != this) {
        return; // Netty gives the rest of a closed stream's window back itself
      }
      try {
        if (connection.local().flowController().consumeBytes(stream, bytes)) {
          handler.flush(context());
        }
      } catch (Http2Exception impossible) {
        handler.onError(context(), true, impossible);
      }
    }

    @Override
    void reset() {
      if (writable()) {
        done = true;
        ChannelHandlerContext ctx = context();
        handler.resetStream(ctx, stream.id(), Http2Error.INTERNAL_ERROR.code(), ctx.newPromise());
        handler.flush(ctx);
      }
    }

    void refuse(int status) {
      if (started) {
        reset();
      } else {
        writeHead(status, new Fields(1), 0, true);
        responseDone();
        handler.flush(context());
      }
    }

    @Override
    void responseDone() {
      if (done) {
        return;
      }
      done = true;
      if (!received()) {
        discard();
        // After the response, not instead of it: written behind it.
        ChannelHandlerContext ctx = context();
        ctx.executor()
            .execute(
                () -> {
                  if (connection.stream(stream.id()) == stream && !received()) {
                    handler.encoder().flowController();
                    resetAfterResponse();
                  }
                });
      }
    }

    private void resetAfterResponse() {
      ChannelHandlerContext ctx = context();
      if (!connection.remote().flowController().hasFlowControlled(stream)) {
        handler.resetStream(ctx, stream.id(), Http2Error.NO_ERROR.code(), ctx.newPromise());
        handler.flush(ctx);
      }
    }
  }

  private Peer peer() {
    if (peer == null) {
      throw new IllegalStateException("not installed");
    }
    return peer;
  }
}

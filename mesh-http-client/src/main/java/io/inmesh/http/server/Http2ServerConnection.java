package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.inmesh.http.netty.Http2Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Exception.HeaderListSizeException;
import io.netty.handler.codec.http2.Http2Exception.StreamException;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http2ServerConnection implements ServerConnection {
  final Http2Connection http2 = Http2Codec.connection(true);
  final Http2ConnectionHandler handler;
  private final Acceptor acceptor;
  private final ServerSettings settings;
  private final ConnectionLimits limits;
  private final Channel channel;
  private final Handshake handshake;
  private final Http2Connection.PropertyKey key = http2.newKey();
  private final ResetGuard resets = new ResetGuard(System.nanoTime());
  private @Nullable ChannelHandlerContext context;
  private boolean draining;
  private boolean lastStreamKnown;
  private final long since = System.nanoTime();
  private long idleSince = since;

  Http2ServerConnection(
      Acceptor acceptor, Channel channel, Handshake handshake, ConnectionLimits limits) {
    this.acceptor = acceptor;
    this.settings = acceptor.settings;
    this.limits = limits;
    this.channel = channel;
    this.handshake = handshake;
    http2.addListener(new Closings());
    handler =
        Http2Codec.handler(
            http2,
            new Http2Settings()
                .maxConcurrentStreams(limits.maxStreams())
                .initialWindowSize(settings.window())
                .maxHeaderListSize(settings.maxHeaderBytes()),
            new Frames(),
            this::streamError);
  }

  void install() {
    channel.pipeline().addLast(new FlushConsolidationHandler(64, true), handler, new End());
    context = channel.pipeline().context(handler);
    acceptor.opened(channel, this);
  }

  /** What Netty answers: with 431 or a reset, which no handler will have seen. */
  private void streamError(StreamException error) {
    boolean tooLarge = error instanceof HeaderListSizeException;
    if ((tooLarge || error.error() == Http2Error.PROTOCOL_ERROR) && of(error.streamId()) == null) {
      acceptor.rejected(tooLarge ? 431 : 0, peer(), System.nanoTime());
    }
  }

  @Override
  public void tick(long now) {
    if (now - since > limits.age()) {
      drain();
    }
    if (http2.numActiveStreams() == 0) {
      if (now - idleSince > limits.idle()) {
        channel.close();
      }
      return;
    }
    try {
      http2.forEachActiveStream(
          active -> {
            Http2ServerStream stream = active.getProperty(key);
            if (stream != null && stream.overdue(now, limits, settings.window())) {
              stream.giveUp();
            }
            return true;
          });
    } catch (Http2Exception impossible) {
      handler.onError(context(), true, impossible);
    }
  }

  private @Nullable Http2ServerStream of(int id) {
    Http2Stream stream = http2.stream(id);
    return stream == null ? null : stream.getProperty(key);
  }

  /**
   * In two steps (RFC 9113 section 6.8): a warning first, then, when everything sent before the
   * peer read it has arrived, the last stream that will be answered; so nothing is refused.
   */
  @Override
  public void drain() {
    if (draining || !channel.isActive()) {
      return;
    }
    draining = true;
    goAway(Integer.MAX_VALUE);
    handler.encoder().writePing(context(), false, 0, context().newPromise());
    flush();
    closeIfDrained();
  }

  private void goAway(int lastStream) {
    ChannelHandlerContext ctx = context();
    handler.goAway(
        ctx, lastStream, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
  }

  private void warningRead() {
    if (draining && !lastStreamKnown) {
      lastStreamKnown = true;
      goAway(Math.max(0, http2.remote().lastStreamCreated()));
      flush();
      closeIfDrained();
    }
  }

  private void closeIfDrained() {
    if (lastStreamKnown && http2.numActiveStreams() == 0) {
      channel.close();
    }
  }

  @Override
  public void retire() {
    drain();
  }

  @Override
  public void close() {
    channel.close();
  }

  @Override
  public Handshake handshake() {
    return handshake;
  }

  // ---- for streams ----

  ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("not installed");
    }
    return context;
  }

  Channel channel() {
    return channel;
  }

  Peer peer() {
    return handshake.peer();
  }

  void flush() {
    handler.flush(context());
  }

  boolean isOpen(Http2Stream stream) {
    return http2.stream(stream.id()) == stream;
  }

  boolean isOurs(Http2Stream stream, Http2ServerStream request) {
    return stream.getProperty(key) == request;
  }

  boolean responseQueued(Http2Stream stream) {
    return http2.remote().flowController().hasFlowControlled(stream);
  }

  void writeHead(Http2Stream stream, Http2Headers headers, boolean end) {
    ChannelHandlerContext ctx = context();
    handler.encoder().writeHeaders(ctx, stream.id(), headers, 0, end, ctx.newPromise());
  }

  void reset(Http2Stream stream, Http2Error error) {
    ChannelHandlerContext ctx = context();
    handler.resetStream(ctx, stream.id(), error.code(), ctx.newPromise());
    handler.flush(ctx);
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
      Http2ServerStream known = of(id);
      if (known != null) {
        if (!end) {
          throw malformed(id, "two heads");
        }
        known.end(); // trailers, which handlers have no way to see
        return;
      }
      Http2Stream stream = http2.stream(id);
      if (stream == null || stream.isResetSent()) {
        return;
      }
      resets.opened(System.nanoTime());
      Fields fields = Http2Codec.fields(headers);
      Http2ServerStream request =
          new Http2ServerStream(
              Http2ServerConnection.this,
              stream,
              head(id, headers, fields == null ? new Fields(1) : fields));
      stream.setProperty(key, request);
      if (end) {
        request.end();
      }
      if (fields == null) {
        reject(request, 431, "more than " + Http1Codec.MAX_FIELDS + " header fields");
      } else if (tooLong(fields.get("content-length"))) {
        reject(request, 413, "the request body is too long");
      } else {
        acceptor.dispatcher().dispatch(request);
      }
    }

    private void reject(Http2ServerStream request, int status, String why) {
      acceptor.rejected(status, peer(), System.nanoTime());
      request.refuse(status, why);
    }

    private boolean tooLong(@Nullable String length) {
      try {
        return length != null && Long.parseLong(length) > settings.maxBodyBytes();
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
      fields.remove("host");
      try {
        if (!FieldSyntax.isToken(method.toString())) {
          throw new IllegalArgumentException("method");
        }
        return new HttpHead(
            method.toString(),
            scheme.toString(),
            FieldSyntax.checkAuthority(host == null ? "" : host),
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
      Http2ServerStream stream = of(id);
      int bytes = data.readableBytes();
      if (stream == null) {
        return bytes + padding;
      }
      if (bytes > 0) {
        if (stream.bytesReceived() + bytes > settings.maxBodyBytes()) {
          stream.refuse(413, "the request body is too long");
          return bytes + padding;
        }
        stream.bodyBegins();
        stream.data(Http1Codec.copy(data));
      }
      if (end) {
        stream.end();
      }
      return padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code)
        throws Http2Exception {
      Http2ServerStream stream = of(id);
      if (stream == null || stream.done()) {
        return;
      }
      stream.broken(new IOException("the peer reset the stream"));
      if (resets.reset(System.nanoTime())) {
        throw Http2Exception.connectionError(
            Http2Error.ENHANCE_YOUR_CALM, "streams are opened only to be reset");
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      warningRead();
    }
  }

  /** Streams that end. */
  private final class Closings extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream closed) {
      Http2ServerStream stream = closed.removeProperty(key);
      if (stream != null && !stream.done()) {
        stream.broken(new IOException("the stream was closed"));
      }
    }

    @Override
    public void onStreamRemoved(Http2Stream removed) {
      idleSince = System.nanoTime();
      if (lastStreamKnown) {
        context().executor().execute(Http2ServerConnection.this::closeIfDrained);
      }
    }
  }

  /** The end of the pipeline. */
  private final class End extends ChannelInboundHandlerAdapter {
    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      acceptor.closed(channel, Http2ServerConnection.this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}

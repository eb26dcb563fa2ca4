package io.inmesh.http.netty;

import io.inmesh.call.Failure;
import io.inmesh.model.ConnectionPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
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
import java.net.ConnectException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection: as many calls as the peer allows streams. Ready when the peer's settings
 * are there, so that the first burst respects its limit.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http2ClientConnection extends ClientConnection {
  private static final long PING_AFTER_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** One call's stream. */
  private static final class Stream {
    final WireCall call;
    final Http2Stream stream;
    boolean headSeen;

    Stream(WireCall call, Http2Stream stream) {
      this.call = call;
      this.stream = stream;
    }
  }

  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Http2ConnectionHandler handler;
  private @Nullable Connector connector;
  private @Nullable ChannelHandlerContext context;
  private int granted;
  private long lastRead = System.nanoTime();
  private boolean pinged;
  private @Nullable Throwable broken;

  Http2ClientConnection(EndpointPool pool, Channel channel) {
    super(pool, channel);
    TransportSettings settings = pool.loop.transport.settings;
    connection = Http2Codec.connection(false);
    key = connection.newKey();
    connection.addListener(new Closings());
    handler =
        Http2Codec.handler(
            connection,
            Http2Codec.clientSettings(settings.window(), settings.maxHeaderBytes()),
            new Frames());
  }

  void install(Connector by) {
    connector = by;
    channel.pipeline().addLast(new FlushConsolidationHandler(64, true), handler, new End());
    context = channel.pipeline().context(handler);
  }

  @Override
  boolean exclusive() {
    return false;
  }

  @Override
  int free() {
    if (draining() || broken != null || !channel.isActive() || connection.goAwayReceived()) {
      return 0;
    }
    int most = connection.local().maxActiveStreams();
    int wanted = pool.policy.maxStreams();
    return (wanted > 0 ? Math.min(wanted, most) : most)
        - connection.local().numActiveStreams()
        - granted;
  }

  @Override
  int active() {
    return connection.local().numActiveStreams() + granted;
  }

  @Override
  void assign(WireCall call) {
    granted++;
    call.granted(this);
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("not installed");
    }
    return context;
  }

  @Override
  void start(WireCall call, HttpHead head, long length, boolean body) {
    granted--;
    int id = connection.local().incrementAndGetNextStreamId();
    if (id <= 0 || !channel.isActive() || connection.goAwayReceived()) {
      if (id <= 0) {
        drain();
      }
      call.failed(
          Failure.RESET_BEFORE_REQUEST, new IOException("the connection takes no more requests"));
      settle();
      return;
    }
    ChannelHandlerContext ctx = context();
    handler
        .encoder()
        .writeHeaders(ctx, id, Http2Codec.request(head, length, body), 0, !body, ctx.newPromise())
        .addListener(
            result -> {
              if (!result.isSuccess()) {
                call.failed(Failure.RESET_BEFORE_REQUEST, result.cause());
              }
            });
    Http2Stream stream = connection.stream(id);
    if (stream == null) {
      call.failed(Failure.RESET_BEFORE_REQUEST, new IOException("the stream was refused"));
      settle();
      return;
    }
    stream.setProperty(key, new Stream(call, stream));
    call.stream = stream;
    handler.flush(ctx);
  }

  @Override
  void write(WireCall call, ByteBuffer data, boolean last) {
    Http2Stream stream = call.stream;
    if (stream == null) {
      return;
    }
    ChannelHandlerContext ctx = context();
    int bytes = data.remaining();
    handler
        .encoder()
        .writeData(ctx, stream.id(), Unpooled.wrappedBuffer(data), 0, last, ctx.newPromise())
        .addListener(
            (ChannelFuture result) -> {
              if (result.isSuccess()) {
                call.written(bytes);
              }
            });
    handler.flush(ctx);
  }

  @Override
  void consumed(WireCall call, int bytes) {
    Http2Stream stream = call.stream;
    if (stream == null) {
      return;
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
  void abandon(WireCall call) {
    Http2Stream stream = call.stream;
    if (stream == null) {
      granted--;
      pool.freed(this);
      return;
    }
    stream.removeProperty(key);
    ChannelHandlerContext ctx = context();
    handler.resetStream(ctx, stream.id(), Http2Error.CANCEL.code(), ctx.newPromise());
    handler.flush(ctx);
  }

  @Override
  void tick(long now) {
    ConnectionPolicy.Ping ping = pool.policy.ping();
    long after = ping == null ? PING_AFTER_NANOS : ping.interval().toNanos();
    long timeout = ping == null ? PING_AFTER_NANOS : ping.timeout().toNanos();
    long silent = now - lastRead;
    if ((active() > 0 || ping != null) && silent > after) {
      if (pinged && silent > after + timeout) {
        broken = new IOException("the peer does not answer pings");
        close();
      } else if (!pinged) {
        pinged = true;
        ChannelHandlerContext ctx = context();
        handler.encoder().writePing(ctx, false, now, ctx.newPromise());
        handler.flush(ctx);
      }
    }
  }

  /** After a stream went away without having been one. */
  private void settle() {
    pool.freed(this);
  }

  private @Nullable Stream of(int id) {
    Http2Stream stream = connection.stream(id);
    return stream == null ? null : stream.getProperty(key);
  }

  private static Throwable reset(long code) {
    Http2Error error = Http2Error.valueOf(code);
    return new IOException("the peer reset the stream: " + (error == null ? code : error));
  }

  /** What the peer sends. */
  private final class Frames extends Http2FrameAdapter {
    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
      Connector waiting = connector;
      connector = null;
      if (waiting != null) {
        waiting.ready(Http2ClientConnection.this);
      } else {
        pool.freed(Http2ClientConnection.this); // the limit may have grown
      }
    }

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
      Stream stream = of(id);
      if (stream == null) {
        return;
      }
      Fields fields = Http2Codec.fields(headers);
      if (fields == null) {
        throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "too many fields");
      }
      if (stream.headSeen) {
        if (!end) {
          throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "two heads");
        }
        ended(stream, fields);
        return;
      }
      int status = status(id, headers.status());
      if (status < 200) {
        if (status == 101 || end) {
          throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "status " + status);
        }
        if (status == 100) {
          stream.call.continued();
        }
        return;
      }
      stream.headSeen = true;
      stream.call.head(new ResponseFields(status, fields));
      if (end) {
        ended(stream, null);
      }
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
        stream.call.data(ByteBuffer.wrap(Http1Codec.copy(data)));
      }
      if (end) {
        ended(stream, null);
        return bytes + padding;
      }
      return padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) {
      Stream stream = of(id);
      if (stream != null) {
        stream.call.failed(
            code == Http2Error.REFUSED_STREAM.code() ? Failure.REFUSED : Failure.RESET,
            reset(code));
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      pinged = false;
    }

    private void ended(Stream stream, @Nullable Fields trailers) {
      stream.stream.removeProperty(key);
      boolean requestDone = !stream.stream.state().localSideOpen();
      stream.call.ended(trailers);
      if (!requestDone) {
        // Answered before the end of the request: the rest is of no interest (RFC 9113 8.1).
        ChannelHandlerContext ctx = context();
        handler.resetStream(ctx, stream.stream.id(), Http2Error.NO_ERROR.code(), ctx.newPromise());
        handler.flush(ctx);
      }
    }

    private int status(int id, @Nullable CharSequence text) throws Http2Exception {
      if (text == null || text.length() != 3) {
        throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "no valid :status");
      }
      int status = 0;
      for (int i = 0; i < 3; i++) {
        int digit = text.charAt(i) - '0';
        if (digit < 0 || digit > 9) {
          throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "no valid :status");
        }
        status = status * 10 + digit;
      }
      return status;
    }
  }

  /** How streams end that did not end well, and what their end frees. */
  private final class Closings extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream closed) {
      Stream stream = closed.removeProperty(key);
      if (stream == null) {
        return;
      }
      if (connection.goAwayReceived() && closed.id() > connection.local().lastStreamKnownByPeer()) {
        stream.call.failed(Failure.REFUSED, new IOException("the peer is going away"));
      } else if (broken != null) {
        stream.call.failed(
            broken instanceof ProtocolException ? Failure.PROTOCOL : Failure.CONNECTION_LOST,
            broken);
      } else if (channel.isActive()) {
        stream.call.failed(
            Failure.PROTOCOL, new ProtocolException("the peer broke the HTTP/2 protocol"));
      } else {
        stream.call.failed(
            Failure.CONNECTION_LOST, new IOException("the peer closed the connection"));
      }
    }

    @Override
    public void onStreamRemoved(Http2Stream removed) {
      pool.freed(Http2ClientConnection.this);
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long code, ByteBuf debug) {
      drain();
    }
  }

  /** The end of the pipeline. */
  private final class End extends ChannelInboundHandlerAdapter {
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      lastRead = System.nanoTime();
      ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      Connector waiting = connector;
      if (waiting != null) {
        Throwable cause =
            broken != null ? broken : new ConnectException("closed before HTTP/2 settings");
        waiting.failed(refusedByTls(cause) ? Failure.TLS : Failure.CONNECT, cause);
      }
      pool.gone(Http2ClientConnection.this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      broken = cause instanceof Http2Exception ? new ProtocolException(cause.getMessage()) : cause;
      close();
    }
  }
}

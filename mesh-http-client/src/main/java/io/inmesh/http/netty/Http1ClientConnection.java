package io.inmesh.http.netty;

import io.inmesh.call.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection: one call at a time, no pipelining. Reads only while the call's window has
 * room; a pending read on an idle connection notices when the peer closes it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http1ClientConnection extends ClientConnection {
  private static final long ANSWER_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Http1Codec.ResponseDecoder decoder;
  private final int window;
  private @Nullable WireCall call;
  private boolean started;
  private boolean requestDone;
  private boolean chunked;
  private boolean headSeen;
  private boolean skipping;
  private boolean keepAlive;
  private boolean broken;
  private boolean reading;
  private int buffered;
  private @Nullable Throwable writeFailure;

  Http1ClientConnection(EndpointPool pool, Channel channel) {
    super(pool, channel);
    TransportSettings settings = pool.loop.transport.settings;
    decoder = new Http1Codec.ResponseDecoder(settings.maxHeaderBytes());
    window = settings.window();
  }

  void install() {
    channel.config().setAutoRead(false);
    channel.config().setAutoClose(false); // see wrote
    channel.pipeline().addLast(decoder, new Inbound());
    read();
  }

  @Override
  boolean exclusive() {
    return true;
  }

  @Override
  int free() {
    return call == null && !broken && !draining() && channel.isActive() ? 1 : 0;
  }

  @Override
  int active() {
    return call == null ? 0 : 1;
  }

  @Override
  void assign(WireCall next) {
    call = next;
    started = false;
    requestDone = false;
    headSeen = false;
    skipping = false;
    buffered = 0;
    next.granted(this);
  }

  @Override
  void start(WireCall from, HttpHead head, long length, boolean body) {
    started = true;
    chunked = body && length < 0;
    requestDone = !body;
    decoder.expect(head.method());
    ByteBuf out = channel.alloc().buffer(256);
    Http1Codec.writeRequest(out, head, length, body);
    // With a body that is there already, head and body leave in one segment.
    channel.write(out).addListener(this::wroteHead);
    if (requestDone) {
      channel.flush();
    } else {
      channel.eventLoop().execute(channel::flush);
    }
    read();
  }

  @Override
  void write(WireCall from, ByteBuffer data, boolean last) {
    int bytes = data.remaining();
    requestDone |= last;
    ByteBuf body = Unpooled.wrappedBuffer(data);
    if (chunked) {
      ByteBuf before = channel.alloc().buffer(16);
      ByteBuf after = channel.alloc().buffer(8);
      if (bytes > 0) {
        Http1Codec.writeChunkStart(before, bytes);
      }
      Http1Codec.writeChunkEnd(after, bytes > 0, last);
      body = Unpooled.wrappedBuffer(before, body, after);
    }
    channel
        .writeAndFlush(body)
        .addListener(
            (ChannelFuture result) -> {
              wrote(result);
              if (result.isSuccess() && from == call) {
                from.written(bytes);
              }
            });
  }

  /** Without the end of its head nobody has processed the request. */
  private void wroteHead(Future<?> result) {
    if (!result.isSuccess()) {
      fail(Failure.RESET_BEFORE_REQUEST, result.cause());
    }
  }

  /**
   * A peer that takes no more of a body may have said why, and closed: its answer, if there is one,
   * is still read.
   */
  private void wrote(Future<?> result) {
    if (!result.isSuccess() && writeFailure == null && !broken) {
      broken = true;
      writeFailure = result.cause();
      if (!channel.isActive()) {
        fail(Failure.CONNECTION_LOST, result.cause());
        return;
      }
      channel
          .eventLoop()
          .schedule(
              () -> {
                if (!headSeen) {
                  fail(Failure.CONNECTION_LOST, result.cause());
                }
              },
              ANSWER_AFTER_FAILURE_NANOS,
              TimeUnit.NANOSECONDS);
      read();
    }
  }

  @Override
  void consumed(WireCall from, int bytes) {
    buffered -= bytes;
    read();
  }

  @Override
  void abandon(WireCall from) {
    call = null;
    if (started) {
      // The response cannot be told apart from the next one's: the connection is of no more use.
      broken = true;
      close();
    } else {
      pool.freed(this);
    }
  }

  @Override
  void tick(long now) {}

  private void read() {
    if (!reading && (call == null || buffered < window)) {
      reading = true;
      channel.read();
    }
  }

  private void fail(Failure failure, Throwable cause) {
    broken = true;
    WireCall failed = call;
    call = null;
    close();
    if (failed != null) {
      failed.failed(started ? failure : Failure.RESET_BEFORE_REQUEST, cause);
    }
  }

  private void head(HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      fail(Failure.PROTOCOL, protocol(response.decoderResult().cause()));
      return;
    }
    int status = response.status().code();
    if (status < 200) {
      skipping = true; // an informational response has a head and an empty end
      if (status == 100 && call != null) {
        call.continued();
      } else if (status == 101) {
        fail(Failure.PROTOCOL, new ProtocolException("101 was not asked for"));
      }
      return;
    }
    Fields fields = Http1Codec.fields(response.headers());
    if (fields.size() > Http1Codec.MAX_FIELDS) {
      fail(Failure.PROTOCOL, new ProtocolException("more than 100 header fields"));
      return;
    }
    headSeen = true;
    keepAlive = HttpUtil.isKeepAlive(response);
    WireCall current = call;
    if (current != null) {
      current.head(new ResponseFields(status, fields));
    }
  }

  private void content(HttpContent content) {
    WireCall current = call;
    if (content.decoderResult().isFailure()) {
      fail(Failure.PROTOCOL, protocol(content.decoderResult().cause()));
      return;
    }
    if (skipping) {
      skipping = !(content instanceof LastHttpContent);
      return;
    }
    if (current == null || !headSeen) {
      return;
    }
    int bytes = content.content().readableBytes();
    if (bytes > 0) {
      buffered += bytes;
      current.data(ByteBuffer.wrap(Http1Codec.copy(content.content())));
    }
    if (content instanceof LastHttpContent last && call == current) {
      end(current, last);
    }
  }

  private void end(WireCall current, LastHttpContent last) {
    Fields trailers =
        last.trailingHeaders().isEmpty() ? null : Http1Codec.fields(last.trailingHeaders());
    call = null;
    buffered = 0;
    // An answer before the end of the request: what is left of the request is never sent.
    boolean reusable = keepAlive && requestDone && !broken && channel.isActive();
    broken |= !reusable;
    if (!reusable) {
      close();
    }
    current.ended(trailers);
    if (reusable && call == null && !broken) {
      pool.freed(this);
    }
  }

  private static IOException protocol(Throwable cause) {
    ProtocolException wrapped = new ProtocolException("not a valid HTTP/1.1 response: " + cause);
    wrapped.initCause(cause);
    return wrapped;
  }

  /** The end of the pipeline. */
  private final class Inbound extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      try {
        if (call == null || !started) {
          broken = true; // an answer to nothing
          close();
        } else {
          if (message instanceof HttpResponse response) {
            head(response);
          }
          if (message instanceof HttpContent content) {
            content(content);
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      reading = false;
      read();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      fail(
          Failure.CONNECTION_LOST,
          writeFailure != null
              ? writeFailure
              : new IOException("the peer closed the connection before the end of the response"));
      pool.gone(Http1ClientConnection.this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (refusedByTls(cause)) {
        fail(Failure.TLS, cause);
      } else {
        fail(cause instanceof IOException ? Failure.CONNECTION_LOST : Failure.PROTOCOL, cause);
      }
    }
  }
}

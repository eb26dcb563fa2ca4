package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection: one request at a time; what is pipelined behind it waits, at most one
 * read's worth. Confined to its loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http1ServerConnection extends ChannelInboundHandlerAdapter implements ServerConnection {
  /** How long a request may be under way that was sent before its sender heard of the end. */
  private static final long ON_ITS_WAY_MILLIS = 250;

  private final Acceptor acceptor;
  private final ServerSettings settings;
  private final ConnectionLimits limits;
  private final Channel channel;
  private final Handshake handshake;
  private final HeadClock headClock = new HeadClock();
  private final ArrayDeque<Object> pipelined = new ArrayDeque<>(4);
  private @Nullable ChannelHandlerContext context;
  private @Nullable Http1ServerStream current;
  private boolean reading;
  private boolean closing;
  private boolean draining;
  private boolean replaying;
  private final long since = System.nanoTime();
  private long idleSince = since;

  Http1ServerConnection(
      Acceptor acceptor, Channel channel, Handshake handshake, ConnectionLimits limits) {
    this.acceptor = acceptor;
    this.settings = acceptor.settings;
    this.limits = limits;
    this.channel = channel;
    this.handshake = handshake;
  }

  /** Notices when a head begins to arrive. */
  private static final class HeadClock extends ChannelInboundHandlerAdapter {
    long headSince;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (headSince == 0) {
        headSince = System.nanoTime();
      }
      ctx.fireChannelRead(message);
    }
  }

  void install() {
    channel.config().setAutoRead(false);
    channel
        .pipeline()
        .addLast(headClock, new Http1Codec.RequestDecoder(settings.maxHeaderBytes()), this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    acceptor.opened(channel, this);
    read();
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("not installed");
    }
    return context;
  }

  @Override
  public void tick(long now) {
    Http1ServerStream stream = current;
    if (closing) {
      return;
    }
    if (now - since > limits.age()) {
      retire();
    }
    if (stream != null) {
      if (stream.overdue(now, limits, settings.window())) {
        stream.giveUp();
      }
    } else if (headClock.headSince != 0) {
      if (now - headClock.headSince > limits.head()) {
        reject(408, headClock.headSince);
      }
    } else if (now - idleSince > limits.idle()) {
      channel.close();
    }
  }

  void read() {
    Http1ServerStream stream = current;
    boolean room = stream == null || stream.buffered() < settings.window();
    if (!reading && !closing && room && pipelined.isEmpty()) {
      reading = true;
      context().read();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closing) {
      ReferenceCountUtil.release(message);
    } else if (replaying || !pipelined.isEmpty() || beyondCurrent(message)) {
      pipelined.add(message);
    } else {
      handle(message);
    }
  }

  private boolean beyondCurrent(Object message) {
    return message instanceof HttpRequest && current != null;
  }

  private void handle(Object message) {
    try {
      if (message instanceof HttpRequest request) {
        request(request);
      }
      if (message instanceof HttpContent content && current != null) {
        content(current, content);
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

  private void request(HttpRequest request) {
    long began = headClock.headSince;
    headClock.headSince = 0;
    Http1RequestHead read =
        Http1RequestHead.of(request, peer().secure() ? "https" : "http", settings.maxBodyBytes());
    if (read.head() == null) {
      reject(read.error(), began);
      return;
    }
    boolean http11 = !request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    Http1ServerStream stream =
        new Http1ServerStream(
            this, read.head(), HttpUtil.isKeepAlive(request), http11, read.expectsContinue());
    current = stream;
    acceptor.dispatcher().dispatch(stream);
  }

  private void content(Http1ServerStream stream, HttpContent content) {
    int bytes = content.content().readableBytes();
    if (content.decoderResult().isFailure()) {
      stream.refuse(400, "the request body is malformed");
    } else if (stream.bytesReceived() + bytes > settings.maxBodyBytes()) {
      stream.refuse(413, "the request body is too long");
    } else {
      if (bytes > 0) {
        stream.bodyBegins();
        stream.data(Http1Codec.copy(content.content()));
      }
      if (content instanceof LastHttpContent) {
        stream.end();
      }
      stream.received(content instanceof LastHttpContent);
    }
  }

  /** Answers what nobody else is to see. */
  private void reject(int status, long began) {
    acceptor.rejected(status, peer(), began == 0 ? System.nanoTime() : began);
    error(status);
  }

  /** Answers what is no valid request, and closes: where the next one begins is not known. */
  void error(int status) {
    if (!channel.isActive()) {
      return;
    }
    Fields fields = new Fields(2);
    fields.append("connection", "close");
    ByteBuf out = context().alloc().buffer(128);
    Http1Codec.writeResponse(out, status, fields, 0);
    context().write(out, context().voidPromise());
    linger();
  }

  /** No more requests; what is left of this one is dropped. */
  void linger() {
    if (!closing) {
      closing = true;
      current = null;
      channel
          .pipeline()
          .addBefore(channel.pipeline().context(headClock).name(), null, new Lingering());
    }
  }

  /** The response is written and the request read: on to the next. */
  void next(Http1ServerStream finished) {
    if (current != finished) {
      return;
    }
    current = null;
    headClock.headSince = 0; // what came last was a body
    idleSince = System.nanoTime();
    if (!finished.keepAlive() || draining) {
      closing = true;
      context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    if (replaying) {
      return;
    }
    replaying = true;
    while (current == null && !closing && !pipelined.isEmpty()) {
      replay();
    }
    replaying = false;
    read();
  }

  private void replay() {
    Object message;
    while (!closing && (message = pipelined.peek()) != null && !beyondCurrent(message)) {
      pipelined.remove();
      handle(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    acceptor.closed(channel, this);
    pipelined.forEach(ReferenceCountUtil::release);
    pipelined.clear();
    Http1ServerStream stream = current;
    current = null;
    if (stream != null) {
      stream.broken(new IOException("the peer closed the connection"));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  @Override
  public void drain() {
    draining = true;
    if (current == null) {
      channel.eventLoop().schedule(this::closeUnused, ON_ITS_WAY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void closeUnused() {
    if (current == null && headClock.headSince == 0) {
      channel.close();
    }
  }

  /** Its next response is the last; closing while a request may be on its way would lose that. */
  @Override
  public void retire() {
    draining = true;
  }

  @Override
  public void close() {
    channel.close();
  }

  @Override
  public Handshake handshake() {
    return handshake;
  }

  // ---- for the stream ----

  Channel channel() {
    return channel;
  }

  Peer peer() {
    return handshake.peer();
  }

  ChannelHandlerContext writer() {
    return context();
  }

  boolean isCurrent(Http1ServerStream stream) {
    return current == stream;
  }

  boolean draining() {
    return draining;
  }
}

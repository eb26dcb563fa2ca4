package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection: one request at a time; what is pipelined behind it waits, at most one
 * read's worth. Confined to its loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http1ServerConnection extends ChannelInboundHandlerAdapter implements ServerConnection {
  private static final int LINGER_BYTES = 256 * 1024;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Acceptor acceptor;
  private final ServerSettings settings;
  private final Decoder decoder;
  private final ArrayDeque<Object> pipelined = new ArrayDeque<>(4);
  private @Nullable ChannelHandlerContext context;
  private @Nullable Stream current;
  private @Nullable Peer peer;
  private boolean reading;
  private boolean closing;
  private boolean draining;
  private boolean replaying;
  private long idleSince = System.nanoTime();

  Http1ServerConnection(Acceptor acceptor) {
    this.acceptor = acceptor;
    this.settings = acceptor.settings;
    this.decoder = new Decoder(settings.maxHeaderBytes());
  }

  /** Notices when a head begins to arrive. */
  private static final class Decoder extends ChannelInboundHandlerAdapter {
    final Http1Codec.RequestDecoder decoder;
    long headSince;

    Decoder(int maxHeaderBytes) {
      decoder = new Http1Codec.RequestDecoder(maxHeaderBytes);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (headSince == 0) {
        headSince = System.nanoTime();
      }
      ctx.fireChannelRead(message);
    }
  }

  void install(ChannelHandlerContext at) {
    at.channel().config().setAutoRead(false);
    at.pipeline().addLast(decoder, decoder.decoder, this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    acceptor.opened(this);
    watch(ctx);
    read();
  }

  /** A head that takes too long, or a connection without requests, ends it. */
  private void watch(ChannelHandlerContext ctx) {
    ctx.executor()
        .schedule(
            () -> {
              if (!ctx.channel().isActive()) {
                return;
              }
              long now = System.nanoTime();
              if (current == null && !closing) {
                if (decoder.headSince != 0
                    && now - decoder.headSince > settings.headTimeout().toNanos()) {
                  error(408);
                } else if (now - idleSince > settings.idleTimeout().toNanos()) {
                  ctx.close();
                }
              }
              watch(ctx);
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

  private Peer peer() {
    if (peer == null) {
      peer = PeerIdentity.of(context().channel());
    }
    return peer;
  }

  private void read() {
    Stream stream = current;
    boolean room = stream == null || stream.buffered < settings.window();
    if (!reading && room && pipelined.isEmpty()) {
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
    decoder.headSince = 0;
    if (request.decoderResult().isFailure()) {
      error(status(request.decoderResult().cause()));
      return;
    }
    Fields fields = Http1Codec.fields(request.headers());
    if (fields.size() > Http1Codec.MAX_FIELDS) {
      error(431);
      return;
    }
    List<String> hosts = fields.all("host");
    boolean http11 = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
    if (hosts.size() > 1 || (hosts.isEmpty() && http11)) {
      error(400);
      return;
    }
    HttpHead head = head(request, fields, hosts.isEmpty() ? "" : hosts.get(0));
    if (head == null) {
      error(400);
      return;
    }
    if (HttpUtil.getContentLength(request, 0L) > settings.maxBodyBytes()) {
      error(413);
      return;
    }
    String expectation = fields.get("expect");
    boolean expects = expectation != null;
    if (expectation != null && !expectation.toLowerCase(Locale.ROOT).equals("100-continue")) {
      error(417);
      return;
    }
    fields.remove("host");
    fields.remove("expect");
    fields.remove("connection");
    fields.remove("keep-alive");
    fields.remove("upgrade");
    fields.remove("transfer-encoding");
    Stream stream = new Stream(head, HttpUtil.isKeepAlive(request), http11, expects && http11);
    current = stream;
    acceptor.dispatcher().dispatch(stream);
  }

  private @Nullable HttpHead head(HttpRequest request, Fields fields, String host) {
    String scheme = context().pipeline().get("ssl") == null ? "http" : "https";
    String target = request.uri();
    try {
      if (target.startsWith("http://") || target.startsWith("https://")) {
        // The absolute form: its authority outranks the Host field (RFC 9112 section 3.2.2).
        int start = target.indexOf("//") + 2;
        int slash = target.indexOf('/', start);
        host = target.substring(start, slash < 0 ? target.length() : slash);
        target = slash < 0 ? "/" : target.substring(slash);
      }
      boolean asterisk = target.equals("*") && request.method().name().equals("OPTIONS");
      if (!target.startsWith("/") && !asterisk) {
        return null;
      }
      return new HttpHead(
          request.method().name(),
          scheme,
          FieldSyntax.checkTarget(host),
          FieldSyntax.checkTarget(target),
          fields);
    } catch (IllegalArgumentException invalid) {
      return null;
    }
  }

  private static int status(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return 414;
    }
    return cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException
        ? 431
        : 400;
  }

  private void content(Stream stream, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      IOException cause = new IOException("the request body is malformed");
      if (stream.started) {
        context().close();
      } else {
        error(400);
      }
      stream.broken(cause);
      return;
    }
    int bytes = content.content().readableBytes();
    if (bytes > 0) {
      stream.expects = false;
      if (!stream.within(settings.maxBodyBytes(), bytes)) {
        if (stream.started) {
          context().close();
        } else {
          error(413);
        }
        stream.broken(new IOException("the request body is too long"));
        return;
      }
      stream.buffered += bytes;
      stream.data(Http1Codec.copy(content.content()));
    }
    if (content instanceof LastHttpContent) {
      stream.end();
      if (stream.done) {
        next(stream);
      }
    }
  }

  /** Answers what is no valid request, and closes: where the next one begins is not known. */
  private void error(int status) {
    closing = true;
    current = null;
    Fields fields = new Fields(2);
    fields.append("connection", "close");
    ByteBuf out = context().alloc().buffer(128);
    Http1Codec.writeResponse(out, status, fields, 0);
    context().writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
  }

  /** The response is written and the request read: on to the next. */
  private void next(Stream finished) {
    if (current != finished) {
      return;
    }
    current = null;
    idleSince = System.nanoTime();
    if (!finished.keepAlive || draining) {
      closing = true;
      context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    if (replaying) {
      return;
    }
    replaying = true;
    while (current == null && !closing && !pipelined.isEmpty()) {
      drainPipelined();
    }
    replaying = false;
    read();
  }

  private void drainPipelined() {
    Object message;
    while (!closing && (message = pipelined.peek()) != null && !beyondCurrent(message)) {
      pipelined.remove();
      handle(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    acceptor.closed(this);
    pipelined.forEach(ReferenceCountUtil::release);
    pipelined.clear();
    Stream stream = current;
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
    context()
        .executor()
        .execute(
            () -> {
              draining = true;
              if (current == null) {
                context().close();
              }
            });
  }

  @Override
  public void close() {
    context().close();
  }

  /** One request. */
  private final class Stream extends ServerStream {
    private final boolean http11;
    boolean keepAlive;
    boolean expects;
    boolean started;
    boolean done;
    boolean chunked;
    boolean bare;
    int buffered;

    Stream(HttpHead head, boolean keepAlive, boolean http11, boolean expects) {
      super(context().channel(), head, peer());
      this.keepAlive = keepAlive;
      this.http11 = http11;
      this.expects = expects;
    }

    @Override
    String protocol() {
      return http11 ? "HTTP/1.1" : "HTTP/1.0";
    }

    @Override
    void writeHead(int status, Fields fields, long length, boolean end) {
      if (current != this) {
        return;
      }
      started = true;
      bare = head.method().equals("HEAD") || status == 204 || status == 304;
      chunked = length == UNKNOWN && http11 && !bare;
      // Without chunks the end of an HTTP/1.0 body is the end of the connection; and a request body
      // that waits for a "100 Continue" that never comes may come or not.
      String connection = fields.get("connection");
      keepAlive &=
          (length != UNKNOWN || chunked || bare)
              && !expects
              && !draining
              && (connection == null || !connection.equalsIgnoreCase("close"));
      fields.remove("connection");
      if (!keepAlive) {
        fields.append("connection", "close");
      } else if (!http11) {
        fields.append("connection", "keep-alive");
      }
      ByteBuf out = channel.alloc().buffer(256);
      Http1Codec.writeResponse(out, status, fields, chunked ? -1 : length >= 0 ? length : -2);
      context().write(out, context().voidPromise());
    }

    @Override
    void writeBody(ByteBuf data, boolean last, ChannelFutureListener written) {
      if (current != this) {
        data.release();
        written(context().newFailedFuture(new IOException("closed")), written);
        return;
      }
      ByteBuf out = data;
      int bytes = data.readableBytes();
      if (chunked && (bytes > 0 || last)) {
        ByteBuf before = channel.alloc().buffer(16);
        ByteBuf after = channel.alloc().buffer(8);
        if (bytes > 0) {
          Http1Codec.writeChunkStart(before, bytes);
        }
        Http1Codec.writeChunkEnd(after, bytes > 0, last);
        out = Unpooled.wrappedBuffer(before, data, after);
      }
      context().writeAndFlush(out).addListener(written);
    }

    private void written(io.netty.channel.ChannelFuture result, ChannelFutureListener listener) {
      result.addListener(listener);
    }

    @Override
    void sendContinue() {
      if (expects && current == this && !started) {
        expects = false;
        context().writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), context().voidPromise());
      }
    }

    @Override
    void consumed(int bytes) {
      buffered -= bytes;
      read();
    }

    @Override
    void reset() {
      if (current == this) {
        context().close();
      }
    }

    @Override
    void responseDone() {
      if (current != this || done) {
        return;
      }
      done = true;
      if (received()) {
        next(this);
        return;
      }
      // The rest of the request is read and dropped, to a point; a peer that has been told of the
      // end of the connection gets a moment to read the answer.
      discard();
      if (!keepAlive || !within(LINGER_BYTES, 0)) {
        keepAlive = false;
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(result -> linger());
      }
    }

    private void linger() {
      context().executor().schedule(() -> context().close(), 1, TimeUnit.SECONDS);
    }
  }
}

package io.inmesh.http.server;

import io.inmesh.call.Inbound.Refusal;
import io.inmesh.control.StrangerLimit;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.ServerTlsPolicy.Mode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a connection's first bytes and puts the protocol's handlers in its place: a TLS record
 * begins with 22, HTTP/2 with prior knowledge with {@code PRI}, everything else is HTTP/1.1. Closes
 * what the port's mode does not admit.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class ProtocolSniffer extends ByteToMessageDecoder implements ServerConnection {
  private static final int TLS_HANDSHAKE = 22;
  private static final byte[] PREFACE = {'P', 'R', 'I', ' ', '*', ' ', 'H', 'T', 'T', 'P'};

  private final Acceptor acceptor;
  private final Channel channel;
  private final StrangerLimit.Place place;
  private final ConnectionLimits limits;
  private final long since = System.nanoTime();
  private Handshake handshake;
  private @Nullable TlsGeneration securing;
  private boolean admitted;
  private boolean closed;

  ProtocolSniffer(Acceptor acceptor, Channel channel, StrangerLimit.Place place) {
    this.acceptor = acceptor;
    this.channel = channel;
    this.place = place;
    this.limits = acceptor.limits();
    this.handshake = Handshake.plaintext(channel);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    acceptor.opened(channel, this);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    acceptor.closed(channel, this);
  }

  @Override
  public Handshake handshake() {
    return handshake;
  }

  @Override
  public void tick(long now) {
    if (now - since > limits.handshake()) {
      channel.close();
    }
  }

  @Override
  public void drain() {
    channel.close();
  }

  /** Its mode is looked up when its first bytes arrive. */
  @Override
  public void retire() {}

  @Override
  public void close() {
    channel.close();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (closed) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (!admitted && securing == null) {
      boolean tls = in.getUnsignedByte(in.readerIndex()) == TLS_HANDSHAKE;
      if (!(tls ? secure(ctx, in) : plaintext())) {
        in.skipBytes(in.readableBytes());
        return;
      }
    }
    if (admitted) {
      identify(ctx, in);
    }
  }

  private boolean plaintext() {
    if (acceptor.tls().mode() == Mode.STRICT) {
      refuse(Refusal.PLAINTEXT, null);
      return false;
    }
    admitted = true;
    return true;
  }

  /** Puts TLS in front; what it decrypts comes back here. */
  private boolean secure(ChannelHandlerContext ctx, ByteBuf in) throws SSLException {
    ServerTls tls = acceptor.tls();
    TlsGeneration generation = tls.generation();
    if (tls.mode() == Mode.DISABLE) {
      refuse(Refusal.TLS, null);
      return false;
    }
    if (generation == null) {
      refuse(Refusal.NO_IDENTITY, null);
      return false;
    }
    securing = generation;
    SslHandler handler = acceptor.sslContext(generation).newHandler(ctx.alloc());
    handler.setHandshakeTimeoutMillis(limits.handshakeMillis());
    ctx.pipeline().addBefore(ctx.name(), "ssl", handler);
    ByteBuf record = in.readRetainedSlice(in.readableBytes());
    ctx.pipeline().fireChannelRead(record);
    return true;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    TlsGeneration generation = securing;
    if (event instanceof SslHandshakeCompletionEvent shaken && generation != null) {
      if (shaken.isSuccess()) {
        believe(generation, ctx.pipeline().get(SslHandler.class).engine().getSession());
      } else {
        refuse(Refusal.HANDSHAKE, shaken.cause());
      }
    }
    super.userEventTriggered(ctx, event);
  }

  private void believe(TlsGeneration generation, SSLSession session) {
    try {
      var unused = generation.peer(session); // throws if it is not to be believed
      place.leave(); // it is known now
      handshake = Handshake.secured(channel, generation, session);
      admitted = true;
    } catch (SSLPeerUnverifiedException stranger) {
      refuse(Refusal.HANDSHAKE, stranger);
    }
  }

  private void refuse(Refusal why, @Nullable Throwable cause) {
    if (!closed) {
      closed = true;
      acceptor.refused(why, channel.remoteAddress(), cause);
      if (why == Refusal.HANDSHAKE) {
        channel.pipeline().addFirst(new Lingering()); // so that the peer sees the alert
      } else {
        channel.close();
      }
    }
  }

  private void identify(ChannelHandlerContext ctx, ByteBuf in) {
    for (int i = 0; i < Math.min(PREFACE.length, in.readableBytes()); i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
        new Http1ServerConnection(acceptor, channel, handshake, limits).install();
        ctx.pipeline().remove(this);
        return;
      }
    }
    if (in.readableBytes() >= PREFACE.length) {
      new Http2ServerConnection(acceptor, channel, handshake, limits).install();
      ctx.pipeline().remove(this);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}

package io.inmesh.grpc;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.inmesh.call.Inbound.Refusal;
import io.inmesh.control.StrangerLimit;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsGeneration;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Secures a connection that a server accepted, as the policy of its port is at this moment. */
@SuppressWarnings("FutureReturnValueIgnored") // a connection that is gone needs no closing
final class ServerHandshake extends Handshake {
  /** The type of the record that a TLS connection begins with. */
  private static final byte TLS_HANDSHAKE = 22;

  private final GrpcHttp2ConnectionHandler grpc;
  private final ServerConnections connections;
  private final SslContexts contexts;
  private @Nullable TlsGeneration generation;
  private StrangerLimit.@Nullable Place place;

  ServerHandshake(
      GrpcHttp2ConnectionHandler grpc, ServerConnections connections, SslContexts contexts) {
    super(grpc);
    this.grpc = grpc;
    this.connections = connections;
    this.contexts = contexts;
  }

  @Override
  protected void protocolNegotiationEventTriggered(ChannelHandlerContext context) {
    place = connections.enter(context.channel());
    if (place == null) {
      context.close();
      return;
    }
    ServerTls now = connections.tls(context.channel());
    generation = now.generation();
    switch (now.mode()) {
      case DISABLE -> plaintext(context);
      case STRICT -> {
        if (generation == null) {
          connections.refused(context.channel(), Refusal.NO_IDENTITY, null);
          context.close();
        } else {
          context
              .pipeline()
              .addBefore(
                  context.name(), null, contexts.server(generation).newHandler(context.alloc()));
        }
      }
      case PERMISSIVE -> context.pipeline().addBefore(context.name(), null, new FirstByte(context));
    }
  }

  private void plaintext(ChannelHandlerContext context) {
    connections.established(context.channel(), grpc, null, null);
    fireProtocolNegotiationEvent(context);
  }

  @Override
  TlsGeneration generation() {
    if (generation == null) {
      throw new IllegalStateException("no handshake goes on");
    }
    return generation;
  }

  @Override
  void failed(ChannelHandlerContext context, Throwable cause) {
    // Who only looks whether the port is open has not been refused anything.
    if (!(cause instanceof ClosedChannelException)) {
      boolean plaintext = cause instanceof NotSslRecordException;
      connections.refused(
          context.channel(),
          plaintext ? Refusal.PLAINTEXT : Refusal.HANDSHAKE,
          plaintext ? null : cause);
    }
  }

  @Override
  void established(ChannelHandlerContext context, SSLSession session) {
    if (place != null) {
      place.leave(); // it is known now
    }
    connections.established(context.channel(), grpc, generation, session);
  }

  /** Tells a TLS hello from the preface of HTTP/2. */
  private final class FirstByte extends ByteToMessageDecoder {
    private final ChannelHandlerContext handshake;

    FirstByte(ChannelHandlerContext handshake) {
      this.handshake = handshake;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (in.getByte(in.readerIndex()) != TLS_HANDSHAKE) {
        plaintext(handshake);
        context.pipeline().remove(this);
      } else if (generation == null) {
        in.skipBytes(in.readableBytes());
        connections.refused(context.channel(), Refusal.NO_IDENTITY, null);
        context.close();
      } else {
        context
            .pipeline()
            .replace(this, null, contexts.server(generation).newHandler(context.alloc()));
      }
    }
  }
}

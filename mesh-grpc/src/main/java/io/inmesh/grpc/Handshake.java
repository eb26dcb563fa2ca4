package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.internal.GrpcAttributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiators;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * The step between a TCP connection and HTTP/2 on it: waits for the TLS handshake, makes sure that
 * the peer is to be believed and speaks HTTP/2, then lets gRPC go on.
 */
abstract class Handshake extends InternalProtocolNegotiators.ProtocolNegotiationHandler {
  private static final String HTTP2 = "h2";

  Handshake(GrpcHttp2ConnectionHandler grpc) {
    super(InternalProtocolNegotiators.grpcNegotiationHandler(grpc), grpc.getNegotiationLogger());
  }

  /** The generation whose handshake is going on. */
  abstract TlsGeneration generation();

  /** There will be no connection, because of this. */
  void failed(ChannelHandlerContext context, Throwable cause) {}

  /** The peer is verified; gRPC goes on after this. */
  abstract void established(ChannelHandlerContext context, SSLSession session);

  @Override
  protected final void userEventTriggered0(ChannelHandlerContext context, Object event)
      throws Exception {
    if (!(event instanceof SslHandshakeCompletionEvent completion)) {
      super.userEventTriggered0(context, event);
    } else if (completion.isSuccess()) {
      complete(context);
    } else {
      Throwable cause = completion.cause();
      failed(context, cause);
      context.fireExceptionCaught(
          cause instanceof ClosedChannelException
              ? Status.UNAVAILABLE
                  .withDescription("connection closed during the TLS handshake")
                  .withCause(cause)
                  .asRuntimeException()
              : cause);
    }
  }

  private void complete(ChannelHandlerContext context) {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    SSLSession session = tls.engine().getSession();
    if (!HTTP2.equals(tls.applicationProtocol())) {
      context.fireExceptionCaught(
          Status.UNAVAILABLE
              .withDescription("the peer does not speak HTTP/2 over TLS (no ALPN)")
              .asRuntimeException());
      return;
    }
    try {
      var unused = generation().peer(session);
    } catch (SSLPeerUnverifiedException e) {
      failed(context, e);
      context.fireExceptionCaught(e);
      return;
    }
    secured(session);
    established(context, session);
    fireProtocolNegotiationEvent(context);
  }

  private void secured(SSLSession session) {
    var event = getProtocolNegotiationEvent();
    Attributes attributes =
        InternalProtocolNegotiationEvent.getAttributes(event).toBuilder()
            .set(GrpcAttributes.ATTR_SECURITY_LEVEL, SecurityLevel.PRIVACY_AND_INTEGRITY)
            .set(GrpcAttributes.ATTR_AUTHORITY_VERIFIER, authority -> Status.OK)
            .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session)
            .build();
    replaceProtocolNegotiationEvent(
        InternalProtocolNegotiationEvent.withAttributes(event, attributes));
  }
}

package io.inmesh.grpc;

import io.grpc.ChannelCredentials;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyChannelCredentials;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.ChannelHandler;
import io.netty.util.AsciiString;

/** Credentials of channels into the mesh: each connection is secured as its {@link Wiring} says. */
final class MeshCredentials {
  private static final AsciiString SCHEME = AsciiString.of("http");

  /** With the fastest TLS there is. */
  static final ChannelCredentials FASTEST = create(SslContexts.FASTEST);

  /** With the JDK's TLS. */
  static final ChannelCredentials JDK = create(SslContexts.JDK);

  private MeshCredentials() {}

  /** Whether a channel that was built with these can be told how to secure its connections. */
  @SuppressWarnings("ReferenceEquality") // these very objects
  static boolean understood(ChannelCredentials credentials) {
    return credentials == FASTEST || credentials == JDK;
  }

  private static ChannelCredentials create(SslContexts contexts) {
    return InternalNettyChannelCredentials.create(
        new InternalProtocolNegotiator.ClientFactory() {
          @Override
          public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator() {
            return new Negotiator(contexts);
          }

          @Override
          public int getDefaultPort() {
            return 80;
          }
        });
  }

  private static final class Negotiator implements InternalProtocolNegotiator.ProtocolNegotiator {
    private final SslContexts contexts;
    private final InternalProtocolNegotiator.ProtocolNegotiator plaintext =
        InternalProtocolNegotiators.plaintext();

    Negotiator(SslContexts contexts) {
      this.contexts = contexts;
    }

    /** One for all connections of a channel, so it says nothing about their security. */
    @Override
    public AsciiString scheme() {
      return SCHEME;
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
      Wiring wiring = grpc.getEagAttributes().get(Wiring.KEY);
      return wiring == null ? plaintext.newHandler(grpc) : wiring.start(grpc, contexts);
    }

    @Override
    public void close() {}
  }
}

package io.inmesh.grpc;

import io.grpc.ServerCredentials;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.control.Cancellable;
import io.inmesh.control.StrangerLimit;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one server: each is secured as the policy of its port says when it is
 * accepted, and ends when the policy, the trust or this side's material does not admit it any more.
 * Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a connection ends once
final class ServerConnections implements InternalProtocolNegotiator.ProtocolNegotiator {
  private static final AsciiString SCHEME = AsciiString.of("http");

  private final Mesh mesh;
  private final SslContexts contexts;
  private volatile StrangerLimit strangers = new StrangerLimit(StrangerLimit.USUAL);
  private final Set<LiveConnection> open = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable Inbound> port = new AtomicReference<>();
  private volatile Cancellable watch = Cancellable.NONE;

  ServerConnections(Mesh mesh, SslContexts contexts) {
    this.mesh = mesh;
    this.contexts = contexts;
  }

  /** What makes a server use this. */
  ServerCredentials credentials() {
    return InternalNettyServerCredentials.create(this);
  }

  /** Where requests are admitted that arrive at an address of this process. */
  Inbound inbound(@Nullable SocketAddress local) {
    Inbound known = port.get();
    return known == null
        ? listen(local instanceof InetSocketAddress address ? address.getPort() : 0)
        : known;
  }

  /** The port is known: asks the mesh what applies to it. */
  Inbound listen(int number) {
    Inbound asked = mesh.inbound(number);
    if (port.compareAndSet(null, asked)) {
      watch = asked.watchTls(() -> open.forEach(connection -> judge(asked, connection)));
      return asked;
    }
    Inbound known = port.get();
    return known == null ? asked : known;
  }

  /** Bounds the connections without a certificate that come from one address. */
  void strangersEach(int most) {
    strangers = new StrangerLimit(most);
  }

  /** A place for a connection that was just accepted; null: it was refused. */
  StrangerLimit.@Nullable Place enter(Channel connection) {
    StrangerLimit.Place place = strangers.enter(connection.remoteAddress());
    if (place == null) {
      refused(connection, Inbound.Refusal.CROWD, null);
    } else {
      connection.closeFuture().addListener(closed -> place.leave());
    }
    return place;
  }

  /** How a connection that was just accepted is secured. */
  ServerTls tls(Channel connection) {
    return inbound(connection.localAddress()).tls();
  }

  /** A connection was closed before its first request. */
  void refused(Channel connection, Inbound.Refusal why, @Nullable Throwable cause) {
    inbound(connection.localAddress()).refused(why, connection.remoteAddress(), cause);
  }

  /** A connection is ready for requests; without generation and session it is plaintext. */
  void established(
      Channel channel,
      GrpcHttp2ConnectionHandler grpc,
      @Nullable TlsGeneration generation,
      @Nullable SSLSession session) {
    LiveConnection connection = new LiveConnection(channel, generation, session);
    open.add(connection);
    connection.whenClosed(() -> open.remove(connection));
    Inbound asked = inbound(channel.localAddress());
    ServerLifetime.begin(channel, grpc, asked.connections());
    // The policy may have changed since the connection was accepted; its certificate will end.
    judge(asked, connection);
  }

  private static void judge(Inbound inbound, LiveConnection connection) {
    ServerTls now = inbound.tls();
    TlsGeneration generation = connection.generation;
    SSLSession session = connection.session;
    connection.apply(
        generation == null || session == null
            ? now.plaintextStanding()
            : now.standing(generation, session),
        true);
  }

  @Override
  public AsciiString scheme() {
    return SCHEME;
  }

  @Override
  public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
    return InternalProtocolNegotiators.waitUntilActiveHandler(
        new ServerHandshake(grpc, this, contexts), grpc.getNegotiationLogger());
  }

  /** The server has stopped. */
  @Override
  public void close() {
    watch.cancel();
  }
}

package io.inmesh.wire;

import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.internal.ObjectPool;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyChannelCredentials;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.inmesh.control.StrangerLimit;
import io.inmesh.identity.Standing;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The TLS connections between processes and the control server, at either end. gRPC would keep them
 * for as long as both sides like; these are broken off when their time is up. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a connection that is gone needs no closing
public final class SecuredConnections {
  private static final AsciiString SCHEME = AsciiString.of("https");
  private static final int DEFAULT_PORT = 443;

  private final Function<SSLSession, Standing> standing;
  private final StrangerLimit strangers;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  /**
   * No connections yet.
   *
   * @param standing how long a connection may go on; asked after its handshake and by {@link
   *     #judge}
   */
  public SecuredConnections(Function<SSLSession, Standing> standing) {
    this(standing, new StrangerLimit(Integer.MAX_VALUE));
  }

  /**
   * The same for a server.
   *
   * @param strangers bounds what connects without a certificate, or without one yet
   */
  public SecuredConnections(Function<SSLSession, Standing> standing, StrangerLimit strangers) {
    this.standing = standing;
    this.strangers = strangers;
  }

  /**
   * The same credentials, for connections that are watched. Each has an SSL context of its own: to
   * resume a session would be to come with the certificate of then.
   */
  public ChannelCredentials watch(ChannelCredentials credentials) {
    return InternalNettyChannelCredentials.create(
        new InternalProtocolNegotiator.ClientFactory() {
          @Override
          public ProtocolNegotiator newNegotiator() {
            return new Negotiator(
                () -> InternalNettyChannelCredentials.toNegotiator(credentials).newNegotiator());
          }

          @Override
          public int getDefaultPort() {
            return DEFAULT_PORT;
          }
        });
  }

  /** The same credentials, for connections that are watched. */
  public ServerCredentials watch(ServerCredentials credentials) {
    var watched = InternalNettyServerCredentials.toNegotiator(credentials);
    return InternalNettyServerCredentials.create(
        new InternalProtocolNegotiator.ServerFactory() {
          @Override
          public ProtocolNegotiator newNegotiator(ObjectPool<? extends Executor> executors) {
            ProtocolNegotiator negotiator = watched.newNegotiator(executors);
            return new Negotiator(() -> negotiator);
          }
        });
  }

  /** Something has changed that connections are judged by. */
  public void judge() {
    open.forEach(connection -> connection.channel.eventLoop().execute(connection::judge));
  }

  private final class Negotiator implements ProtocolNegotiator {
    private final Supplier<ProtocolNegotiator> forConnections;

    Negotiator(Supplier<ProtocolNegotiator> forConnections) {
      this.forConnections = forConnections;
    }

    @Override
    public AsciiString scheme() {
      return SCHEME;
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
      return new Beginning(forConnections.get().newHandler(grpc));
    }

    /** gRPC's own hold nothing but executors, and these have none. */
    @Override
    public void close() {}
  }

  /** Lets gRPC begin, and waits for the first bytes: by then it has put TLS in place. */
  private final class Beginning extends ChannelInboundHandlerAdapter {
    private final ChannelHandler next;
    private StrangerLimit.@Nullable Place place;

    Beginning(ChannelHandler next) {
      this.next = next;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      place = strangers.enter(context.channel().remoteAddress());
      if (place == null) {
        context.channel().close();
        return;
      }
      context.channel().closeFuture().addListener(closed -> leave());
      context.pipeline().addAfter(context.name(), null, next);
    }

    private void leave() {
      if (place != null) {
        place.leave();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      SslHandler tls = context.pipeline().get(SslHandler.class);
      if (tls != null) {
        tls.handshakeFuture()
            .addListener(
                shaken -> {
                  if (shaken.isSuccess()) {
                    SSLSession session = tls.engine().getSession();
                    if (isKnown(session)) {
                      leave();
                    }
                    established(new Connection(context.channel(), session));
                  }
                });
      }
      context.fireChannelRead(bytes);
      context.pipeline().remove(this);
    }
  }

  private static boolean isKnown(SSLSession session) {
    try {
      return session.getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException nobody) {
      return false;
    }
  }

  private void established(Connection connection) {
    open.add(connection);
    connection
        .channel
        .closeFuture()
        .addListener(
            closed -> {
              open.remove(connection);
              connection.forget();
            });
    connection.judge();
  }

  /** One of them; its fields belong to its event loop. */
  private final class Connection {
    private final Channel channel;
    private final SSLSession session;
    private @Nullable Future<?> end;
    private long endsAt;

    Connection(Channel channel, SSLSession session) {
      this.channel = channel;
      this.session = session;
    }

    void judge() {
      Standing now = standing.apply(session);
      long left = now.leftNanos();
      if (!now.open() && end != null && endsAt - System.nanoTime() < left) {
        return; // as was said before
      }
      forget();
      if (left == 0) {
        breakOff();
      } else if (left != Long.MAX_VALUE && channel.isOpen()) {
        endsAt = System.nanoTime() + left;
        end = channel.eventLoop().schedule(this::breakOff, left, TimeUnit.NANOSECONDS);
      }
    }

    void forget() {
      if (end != null) {
        end.cancel(false);
        end = null;
      }
    }

    /** Closes below gRPC, which would wait for its streams. */
    private void breakOff() {
      ChannelHandlerContext first = channel.pipeline().firstContext();
      if (first != null) {
        first.close();
      }
    }
  }
}

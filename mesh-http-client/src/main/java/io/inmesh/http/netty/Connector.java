package io.inmesh.http.netty;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.socket.TcpKeepAlive;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Establishes one connection for a pool: address, TCP, TLS with ALPN, HTTP/2 settings, within one
 * time limit. Reports exactly once. Confined to the pool's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Connector extends ChannelInboundHandlerAdapter {
  private static final long DEFAULT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * For hosts the mesh knows nothing of. The JDK's resolver blocks, so it has threads of its own;
   * few, because names are few.
   */
  private static final Executor RESOLVER =
      Executors.newFixedThreadPool(
          2,
          task -> {
            Thread thread = new Thread(task, "inmesh-resolver");
            thread.setDaemon(true);
            return thread;
          });

  private final EndpointPool pool;
  private final ConnectionPermit permit;
  private @Nullable Channel channel;
  private @Nullable ScheduledFuture<?> timer;
  private boolean done;

  Connector(EndpointPool pool, ConnectionPermit permit) {
    this.pool = pool;
    this.permit = permit;
  }

  void connect(long timeoutNanos) {
    long limit = timeoutNanos > 0 ? timeoutNanos : DEFAULT_TIMEOUT_NANOS;
    if (pool.loop.transport.settings.connectTimeout() != null) {
      limit = Math.min(limit, pool.loop.transport.settings.connectTimeout().toNanos());
    }
    long bound = limit;
    timer =
        pool.loop.events.schedule(
            () ->
                failed(
                    Failure.CONNECT,
                    new ConnectException(
                        "no connection to "
                            + pool.key.address()
                            + " within "
                            + TimeUnit.NANOSECONDS.toMillis(bound)
                            + " ms")),
            limit,
            TimeUnit.NANOSECONDS);
    InetSocketAddress address = pool.loop.transport.resolved.apply(pool.key.address());
    if (address.isUnresolved()) {
      RESOLVER.execute(() -> resolve(address));
    } else {
      connectTo(address);
    }
  }

  private void resolve(InetSocketAddress name) {
    try {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getByName(name.getHostString()), name.getPort());
      pool.loop.execute(() -> connectTo(address));
    } catch (UnknownHostException unknown) {
      pool.loop.execute(() -> failed(Failure.CONNECT, unknown));
    }
  }

  private void connectTo(InetSocketAddress address) {
    if (done) {
      return;
    }
    SslContext context = null;
    TlsGeneration tls = pool.key.tls();
    if (tls != null) {
      try {
        context = pool.tlsContext();
      } catch (SSLException invalid) {
        failed(Failure.TLS, invalid);
        return;
      }
    }
    SslContext secure = context;
    ChannelFuture connect =
        new Bootstrap()
            .group(pool.loop.events)
            .channelFactory(pool.loop.transport.threads::newSocket)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the timer is the limit
            .handler(
                new io.netty.channel.ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel ch) {
                    TcpKeepAlive.apply(ch, pool.policy.tcpKeepAlive());
                    if (secure != null && tls != null) {
                      ch.pipeline().addLast(sslHandler(secure, tls, ch));
                    }
                    ch.pipeline().addLast(Connector.this);
                  }
                })
            .connect(address);
    channel = connect.channel();
    connect.addListener(
        result -> {
          if (!result.isSuccess()) {
            failed(Failure.CONNECT, result.cause());
          } else if (secure == null) {
            established(pool.key.protocol() == Protocol.HTTP2);
          }
        });
  }

  private SslHandler sslHandler(SslContext context, TlsGeneration tls, Channel ch) {
    InetSocketAddress address = pool.key.address();
    String name = tls.sni() == null && tls.checksHostName() ? address.getHostString() : tls.sni();
    SslHandler handler =
        name == null
            ? context.newHandler(ch.alloc())
            : context.newHandler(ch.alloc(), name, address.getPort());
    handler.setHandshakeTimeoutMillis(0); // the timer is the limit
    return handler;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (!handshake.isSuccess()) {
        failed(Failure.TLS, handshake.cause());
        return;
      }
      SslHandler handler = ctx.pipeline().get(SslHandler.class);
      try {
        if (pool.key.tls() != null) {
          var unused = pool.key.tls().peer(handler.engine().getSession());
        }
      } catch (SSLPeerUnverifiedException stranger) {
        failed(Failure.TLS, stranger);
        return;
      }
      String chosen = handler.applicationProtocol();
      boolean http1 = chosen == null || chosen.contains("http/1");
      if (pool.key.protocol() == Protocol.HTTP2 && http1) {
        failed(Failure.TLS, new SSLException("the peer does not offer HTTP/2: ALPN " + chosen));
      } else {
        established(!http1);
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    failed(
        pool.key.tls() == null ? Failure.CONNECT : Failure.TLS,
        cause.getCause() instanceof SSLException ? cause.getCause() : cause);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    failed(
        Failure.CONNECT,
        new ConnectException("the peer closed the connection while it was established"));
    ctx.fireChannelInactive();
  }

  private void established(boolean http2) {
    if (done || channel == null) {
      return;
    }
    if (http2) {
      new Http2ClientConnection(pool, channel).install(this);
      channel.pipeline().remove(this);
    } else {
      Http1ClientConnection connection = new Http1ClientConnection(pool, channel);
      connection.install();
      channel.pipeline().remove(this);
      ready(connection);
    }
  }

  /** The connection can take calls. */
  void ready(ClientConnection connection) {
    if (!done) {
      done = true;
      cancelTimer();
      pool.connected(connection, permit);
    }
  }

  void failed(Failure failure, Throwable cause) {
    if (!done) {
      done = true;
      cancelTimer();
      if (channel != null) {
        channel.close();
      }
      pool.connectFailed(
          permit,
          failure,
          cause instanceof IOException ? cause : new IOException(cause.toString(), cause));
    }
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}

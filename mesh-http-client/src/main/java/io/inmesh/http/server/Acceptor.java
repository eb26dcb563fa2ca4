package io.inmesh.http.server;

import io.inmesh.call.Inbound;
import io.inmesh.call.Inbound.Refusal;
import io.inmesh.call.Peer;
import io.inmesh.control.Cancellable;
import io.inmesh.control.StrangerLimit;
import io.inmesh.http.netty.IoThreads;
import io.inmesh.http.netty.TlsContexts;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.ServerConnectionPolicy;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The listening socket of a server and its connections. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
public final class Acceptor {
  private record Prepared(TlsGeneration generation, SslContext context) {}

  final ServerSettings settings;
  private final StrangerLimit strangers = new StrangerLimit(StrangerLimit.USUAL);
  private final IoThreads threads;
  private final Channel channel;
  private final Map<EventLoop, LoopConnections> loops = new HashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch drained = new CountDownLatch(1);
  private volatile @Nullable Prepared prepared;
  private volatile @Nullable Inbound inbound;
  private volatile @Nullable Dispatcher dispatcher;
  private volatile Cancellable tlsWatch = Cancellable.NONE;
  private volatile boolean stopped;

  private Acceptor(InetSocketAddress address, int backlog, ServerSettings settings)
      throws IOException {
    this.settings = settings;
    this.threads = IoThreads.acquire();
    threads.loops().forEach(loop -> loops.put(loop, new LoopConnections(loop)));
    ChannelFuture bound =
        new ServerBootstrap()
            .group(threads.group())
            .channelFactory(threads::newServerSocket)
            .option(ChannelOption.SO_BACKLOG, backlog > 0 ? backlog : 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.AUTO_READ, false) // nothing is accepted before start
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel ch) {
                    StrangerLimit.Place place = strangers.enter(ch.remoteAddress());
                    if (place == null) {
                      refused(Refusal.CROWD, ch.remoteAddress(), null);
                      ch.close();
                      return;
                    }
                    ch.closeFuture().addListener(closed -> place.leave());
                    ch.pipeline().addLast(new ProtocolSniffer(Acceptor.this, ch, place));
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    channel = bound.channel();
    if (!bound.isSuccess()) {
      IoThreads.release();
      throw new IOException("cannot listen on " + address + ": " + bound.cause(), bound.cause());
    }
  }

  /**
   * Binds; connections wait in the backlog until {@link #start}.
   *
   * @throws IOException if the address cannot be bound
   */
  public static Acceptor bind(InetSocketAddress address, int backlog, ServerSettings settings)
      throws IOException {
    return new Acceptor(address, backlog, settings);
  }

  /** The bound address. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** Accepts connections. */
  public void start(Inbound by, Contexts contexts, Executor executor) {
    inbound = by;
    dispatcher = new Dispatcher(by, contexts, executor);
    tlsWatch = by.watchTls(this::tlsChanged);
    channel.config().setAutoRead(true);
  }

  private void tlsChanged() {
    ServerTls now = tls();
    loops.values().forEach(loop -> loop.judge(now));
  }

  Dispatcher dispatcher() {
    Dispatcher current = dispatcher;
    if (current == null) {
      throw new IllegalStateException("not started");
    }
    return current;
  }

  /** What bounds a connection that is accepted at this moment. */
  ConnectionLimits limits() {
    Inbound current = inbound;
    return ConnectionLimits.of(
        settings, current == null ? ServerConnectionPolicy.NONE : current.connections());
  }

  /** How connections are secured at this moment. */
  ServerTls tls() {
    Inbound current = inbound;
    return current == null ? ServerTls.DISABLED : current.tls();
  }

  /** The newest one is kept; connections on their way may ask for the one before. */
  SslContext sslContext(TlsGeneration generation) throws SSLException {
    Prepared current = prepared;
    if (current == null || !current.generation.equals(generation)) {
      current = new Prepared(generation, TlsContexts.server(generation, settings.nativeTls()));
      prepared = current;
    }
    return current.context;
  }

  /** A connection was not admitted. */
  void refused(Refusal why, SocketAddress peer, @Nullable Throwable cause) {
    Inbound current = inbound;
    if (current != null) {
      current.refused(why, peer, cause);
    }
  }

  /**
   * A request was answered, or its stream reset (0), before it could be dispatched.
   *
   * @param since when it began to arrive
   */
  void rejected(int status, Peer peer, long since) {
    Inbound current = inbound;
    if (current != null) {
      current.rejected(status, peer, System.nanoTime() - since);
    }
  }

  /** On the connection's loop. */
  void opened(Channel of, ServerConnection connection) {
    connections.incrementAndGet();
    on(of).add(connection, tls());
    if (stopped) {
      connection.drain();
    }
  }

  /** On the connection's loop. */
  void closed(Channel of, ServerConnection connection) {
    on(of).remove(connection);
    if (connections.decrementAndGet() == 0 && stopped) {
      drained.countDown();
    }
  }

  private LoopConnections on(Channel of) {
    LoopConnections found = loops.get(of.eventLoop());
    if (found == null) {
      throw new IllegalStateException("a loop of someone else");
    }
    return found;
  }

  /** How many connections are open. */
  public int connections() {
    return connections.get();
  }

  /**
   * Accepts no more connections, tells peers that this is the end, waits for the requests in
   * progress, then closes what is left.
   *
   * @param seconds how long to wait at most
   */
  public void stop(int seconds) {
    if (stopped) {
      return;
    }
    stopped = true;
    channel.close().awaitUninterruptibly();
    tlsWatch.cancel();
    loops.values().forEach(LoopConnections::drain);
    try {
      if (connections.get() > 0) {
        var unused = drained.await(seconds, TimeUnit.SECONDS); // what is left then, is closed
      }
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    loops.values().forEach(LoopConnections::close);
    IoThreads.release();
  }
}

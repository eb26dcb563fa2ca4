package io.inmesh.http.server;

import io.inmesh.call.Inbound;
import io.inmesh.http.netty.IoThreads;
import io.inmesh.http.netty.TlsContexts;
import io.inmesh.identity.TlsGeneration;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The listening socket of a server and its connections. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
public final class Acceptor {
  /**
   * How connections are secured.
   *
   * @param generation asked for each connection, so that rotation needs nothing else
   * @param clientCertificates whether a peer must show one
   * @param plaintextToo whether plaintext is accepted beside TLS
   */
  public record Tls(
      Supplier<TlsGeneration> generation, boolean clientCertificates, boolean plaintextToo) {}

  private record Prepared(TlsGeneration generation, SslContext context) {}

  private static final System.Logger LOG = System.getLogger(Acceptor.class.getName());

  final ServerSettings settings;
  private final @Nullable Tls tls;
  private final IoThreads threads;
  private final Channel channel;
  private final Map<EventLoop, LoopConnections> loops = new HashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch drained = new CountDownLatch(1);
  private volatile @Nullable Prepared prepared;
  private volatile @Nullable Dispatcher dispatcher;
  private volatile boolean stopped;

  private Acceptor(
      InetSocketAddress address, int backlog, ServerSettings settings, @Nullable Tls tls)
      throws IOException {
    this.settings = settings;
    this.tls = tls;
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
                    ch.pipeline().addLast(new ProtocolSniffer(Acceptor.this, ch));
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
  public static Acceptor bind(
      InetSocketAddress address, int backlog, ServerSettings settings, @Nullable Tls tls)
      throws IOException {
    return new Acceptor(address, backlog, settings, tls);
  }

  /** The bound address. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** Accepts connections. */
  public void start(Inbound inbound, Contexts contexts, Executor executor) {
    dispatcher = new Dispatcher(inbound, contexts, executor);
    channel.config().setAutoRead(true);
  }

  Dispatcher dispatcher() {
    Dispatcher current = dispatcher;
    if (current == null) {
      throw new IllegalStateException("not started");
    }
    return current;
  }

  /** The context for a new connection; null: plaintext. */
  @Nullable SslContext tls() throws SSLException {
    if (tls == null) {
      return null;
    }
    TlsGeneration generation = tls.generation().get();
    Prepared current = prepared;
    if (current == null || !current.generation.equals(generation)) {
      current = new Prepared(generation, TlsContexts.server(generation, tls.clientCertificates()));
      prepared = current;
    }
    return current.context;
  }

  boolean plaintextToo() {
    return tls == null || tls.plaintextToo();
  }

  /** On the connection's loop. */
  void opened(Channel of, ServerConnection connection) {
    connections.incrementAndGet();
    on(of).add(connection);
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
    loops.values().forEach(loop -> loop.forEach(ServerConnection::drain));
    try {
      if (connections.get() > 0 && !drained.await(seconds, TimeUnit.SECONDS)) {
        LOG.log(Level.INFO, "{0} connections were closed before they were done", connections);
      }
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    loops.values().forEach(loop -> loop.forEach(ServerConnection::close));
    IoThreads.release();
  }
}

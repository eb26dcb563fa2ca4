package io.inmesh.http;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.http.netty.Workers;
import io.inmesh.http.server.Acceptor;
import io.inmesh.http.server.Contexts;
import io.inmesh.http.server.ServerSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A {@link HttpServer} in the mesh: HTTP/1.1 and HTTP/2 (prior knowledge, or ALPN over TLS) on one
 * port. Whether that is mutual TLS, plaintext or both is what the mesh is configured to at the
 * moment; the {@linkplain #PEER peer} is an attribute of each exchange. The mesh decides about each
 * request before its handler sees it; the handler's own calls inherit its deadline and trace.
 * Handlers run on the executor, by default virtual threads or a bounded pool, and may block; bodies
 * stream both ways with back-pressure.
 *
 * <p>{@link #stop} lets requests in progress finish. Thread-safe.
 */
public final class MeshHttpServer extends HttpServer {
  /** The attribute of an exchange that says who sent the request: a {@link io.inmesh.call.Peer}. */
  public static final String PEER = "io.inmesh.peer";

  private final IntFunction<Inbound> inbound;
  private final ServerSettings settings;
  private final Contexts contexts = new Contexts();
  private @Nullable Acceptor acceptor;
  private @Nullable Executor executor;
  private @Nullable ExecutorService own;
  private boolean started;

  /** Open while the server runs; what holds the process. */
  private final CountDownLatch stopped = new CountDownLatch(1);

  private MeshHttpServer(Builder builder) {
    this.inbound = builder.inbound;
    this.settings = builder.settings;
  }

  /**
   * A server of a mesh, bound to an address; port 0 takes a free one.
   *
   * @throws IOException if the address cannot be bound
   */
  public static MeshHttpServer create(Mesh mesh, InetSocketAddress address) throws IOException {
    MeshHttpServer server = builder(mesh).build();
    server.bind(address, 0);
    return server;
  }

  /** Settings for a server of a mesh. */
  public static Builder builder(Mesh mesh) {
    return new Builder(mesh::inbound);
  }

  static Builder builder(Inbound inbound) {
    return new Builder(port -> inbound);
  }

  /** What can be chosen about a server. Not thread-safe. */
  public static final class Builder {
    private final IntFunction<Inbound> inbound;
    private ServerSettings settings = ServerSettings.DEFAULT;

    private Builder(IntFunction<Inbound> inbound) {
      this.inbound = inbound;
    }

    /**
     * The largest request body, in bytes; more is answered with 413.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder maxBodyBytes(long bytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("maxBodyBytes must not be negative: " + bytes);
      }
      settings = settings.withMaxBodyBytes(bytes);
      return this;
    }

    Builder settings(ServerSettings settings) {
      this.settings = settings;
      return this;
    }

    /** The server, not bound yet. */
    public MeshHttpServer build() {
      return new MeshHttpServer(this);
    }
  }

  @Override
  public synchronized void bind(InetSocketAddress address, int backlog) throws IOException {
    if (acceptor != null) {
      throw new java.net.BindException("already bound");
    }
    acceptor = Acceptor.bind(address, backlog, settings);
  }

  @Override
  public synchronized void start() {
    if (started) {
      throw new IllegalStateException("already started");
    }
    Acceptor bound = bound();
    started = true;
    Executor chosen = executor;
    if (chosen == null) {
      own = Workers.server();
      chosen = own;
    }
    bound.start(inbound.apply(bound.address().getPort()), contexts, chosen);
    holdProcess();
  }

  /** A running server keeps its process alive, as the JDK's does; the I/O threads are daemons. */
  private void holdProcess() {
    Thread holder =
        new Thread(
            () -> {
              try {
                stopped.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "inmesh-http-server");
    holder.start();
  }

  private Acceptor bound() {
    if (acceptor == null) {
      throw new IllegalStateException("not bound");
    }
    return acceptor;
  }

  @Override
  public synchronized void setExecutor(@Nullable Executor executor) {
    if (started) {
      throw new IllegalStateException("already started");
    }
    this.executor = executor;
  }

  @Override
  public synchronized @Nullable Executor getExecutor() {
    return executor;
  }

  /**
   * Stops listening, tells peers (GOAWAY, {@code Connection: close}), waits for the requests in
   * progress, then closes what is left.
   *
   * @param delay how long to wait at most, in seconds
   */
  @Override
  public void stop(int delay) {
    if (delay < 0) {
      throw new IllegalArgumentException("the delay must not be negative: " + delay);
    }
    Acceptor bound;
    ExecutorService pool;
    synchronized (this) {
      bound = acceptor;
      pool = own;
    }
    stopped.countDown();
    if (bound != null) {
      bound.stop(delay);
    }
    if (pool != null) {
      pool.shutdown();
    }
  }

  @Override
  public HttpContext createContext(String path, HttpHandler handler) {
    return contexts.add(this, path, handler);
  }

  @Override
  public HttpContext createContext(String path) {
    return contexts.add(this, path, null);
  }

  @Override
  public void removeContext(String path) {
    contexts.remove(path);
  }

  @Override
  public void removeContext(HttpContext context) {
    contexts.remove(context.getPath());
  }

  @Override
  public InetSocketAddress getAddress() {
    return bound().address();
  }

  Acceptor acceptor() {
    return bound();
  }
}

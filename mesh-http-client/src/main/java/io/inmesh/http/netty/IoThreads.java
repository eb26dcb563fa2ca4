package io.inmesh.http.netty;

import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The process's event loops, {@code min(4, cores)} daemon threads named {@code inmesh-io-N}, shared
 * by all clients and servers and stopped when the last of them has closed. Thread-safe; not on the
 * request path.
 */
public final class IoThreads {
  /**
   * A loop that is told to end while it runs a task ends without closing its connections, and what
   * these hold is never released, unless it has to be quiet for a while first.
   */
  private static final long QUIET_MILLIS = 2000;

  private static final long LAST_MILLIS = 5000;

  private static @Nullable IoThreads shared;
  private static int users;

  private final MultiThreadIoEventLoopGroup group;
  private final List<EventLoop> loops = new ArrayList<>();
  private final boolean epoll;

  private IoThreads() {
    int count = Math.min(4, Runtime.getRuntime().availableProcessors());
    AtomicInteger number = new AtomicInteger();
    epoll = epollAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    group =
        new MultiThreadIoEventLoopGroup(
            count,
            (Runnable body) -> {
              Thread thread =
                  new io.netty.util.concurrent.FastThreadLocalThread(
                      body, "inmesh-io-" + number.getAndIncrement());
              thread.setDaemon(true);
              // Not that of the web application whose request happens to be the first.
              thread.setContextClassLoader(IoThreads.class.getClassLoader());
              return thread;
            },
            io);
    for (EventExecutor loop : group) {
      loops.add((EventLoop) loop);
    }
  }

  /** Joins the shared loops; pair it with {@link #release}. */
  public static synchronized IoThreads acquire() {
    if (shared == null) {
      shared = new IoThreads();
    }
    users++;
    return shared;
  }

  /** Leaves; the last one out stops the threads. */
  public static synchronized void release() {
    if (--users == 0 && shared != null) {
      var unused =
          shared.group.shutdownGracefully(QUIET_MILLIS, LAST_MILLIS, TimeUnit.MILLISECONDS);
      shared = null;
    }
  }

  /** All loops, in a fixed order. */
  public List<EventLoop> loops() {
    return loops;
  }

  /** The group, for an acceptor. */
  public MultiThreadIoEventLoopGroup group() {
    return group;
  }

  /** A client socket that fits the loops. */
  public SocketChannel newSocket() {
    return epoll ? new EpollSocketChannel() : new NioSocketChannel();
  }

  /** A listening socket that fits the loops. */
  public ServerChannel newServerSocket() {
    return epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
  }

  private static boolean epollAvailable() {
    try {
      return Epoll.isAvailable();
    } catch (LinkageError absent) {
      return false; // the optional dependency is not there
    }
  }
}

package io.inmesh.http.netty;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The connections of one client: its pools over the process's event loops. Thread-safe. */
public final class ClientTransport {
  final TransportSettings settings;
  final IoThreads threads;

  /** Where connections to an endpoint lead now. */
  final UnaryOperator<InetSocketAddress> resolved;

  final TlsContexts tlsContexts;
  private final IoLoop[] loops;
  volatile boolean closed;

  /**
   * Opens a transport; nothing is connected yet.
   *
   * @param resolved see {@link io.inmesh.call.Outbound#resolved}
   */
  public ClientTransport(TransportSettings settings, UnaryOperator<InetSocketAddress> resolved) {
    this.resolved = resolved;
    this.settings = settings;
    this.tlsContexts = new TlsContexts(settings.nativeTls());
    this.threads = IoThreads.acquire();
    List<EventLoop> events = threads.loops();
    loops = new IoLoop[events.size()];
    for (int i = 0; i < loops.length; i++) {
      loops[i] = new IoLoop(this, events.get(i));
    }
  }

  /** The loop on which all connections to an address live. */
  public IoLoop loopOf(InetSocketAddress address) {
    int hash = address.hashCode();
    hash ^= hash >>> 16;
    return loops[Math.floorMod(hash * 0x9E3779B9, loops.length)];
  }

  /** Some loop, for a call that has no connection yet. */
  public IoLoop anyLoop() {
    return loops[ThreadLocalRandom.current().nextInt(loops.length)];
  }

  /** TLS material changed: connections that are not to be trusted any more end. */
  public void tlsChanged() {
    for (IoLoop loop : loops) {
      loop.execute(loop::judgePools);
    }
  }

  /** Counts over all loops. */
  public CompletableFuture<PoolStats> stats() {
    CompletableFuture<PoolStats> total = CompletableFuture.completedFuture(new PoolStats());
    for (IoLoop loop : loops) {
      total =
          total.thenApplyAsync(
              stats -> {
                loop.count(stats);
                return stats;
              },
              loop.events);
    }
    return total;
  }

  /** Refuses new calls and closes all connections. Idempotent. */
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    // Calls wait on one loop and live on another, so none may end before all have told them.
    AtomicInteger open = new AtomicInteger(loops.length);
    for (IoLoop loop : loops) {
      loop.execute(
          () -> {
            try {
              loop.closePools();
            } finally {
              if (open.decrementAndGet() == 0) {
                IoThreads.release();
              }
            }
          });
    }
  }
}

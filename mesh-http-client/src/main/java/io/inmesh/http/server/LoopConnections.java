package io.inmesh.http.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A server's connections on one event loop, which it looks after together: one timer, however many
 * they are. Confined to that loop, except {@link #forEach}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a loop that is shut down has no connections
final class LoopConnections {
  private final EventLoop loop;
  private final Set<ServerConnection> open = new LinkedHashSet<>();
  private boolean ticking;

  LoopConnections(EventLoop loop) {
    this.loop = loop;
  }

  void add(ServerConnection connection) {
    open.add(connection);
    if (!ticking) {
      ticking = true;
      schedule();
    }
  }

  void remove(ServerConnection connection) {
    open.remove(connection);
  }

  /** Does something to each, on the loop, soon; callable from any thread. */
  void forEach(Consumer<ServerConnection> action) {
    loop.execute(() -> new ArrayList<>(open).forEach(action));
  }

  private void schedule() {
    loop.schedule(this::tick, 1, TimeUnit.SECONDS);
  }

  private void tick() {
    long now = System.nanoTime();
    for (ServerConnection connection : new ArrayList<>(open)) {
      connection.tick(now);
    }
    ticking = !open.isEmpty();
    if (ticking) {
      schedule();
    }
  }
}

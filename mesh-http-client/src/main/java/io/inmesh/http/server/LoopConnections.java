package io.inmesh.http.server;

import io.inmesh.identity.ServerTls;
import io.inmesh.identity.Standing;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server's connections on one event loop, which it looks after together: one timer, however many
 * they are. Confined to that loop, except where it says otherwise.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a loop that is shut down has no connections
final class LoopConnections {
  /** Judging a connection may take a signature or two: others get a turn in between. */
  private static final int JUDGED_AT_ONCE = 32;

  private static final long NEVER = Long.MAX_VALUE;

  private final EventLoop loop;

  /** With when they must have ended. */
  private final Map<ServerConnection, Long> open = new LinkedHashMap<>();

  private boolean ticking;

  LoopConnections(EventLoop loop) {
    this.loop = loop;
  }

  void add(ServerConnection connection, ServerTls tls) {
    open.put(connection, NEVER);
    judge(connection, tls); // it may have been replaced meanwhile, and ends with its certificate
    if (!ticking) {
      ticking = true;
      schedule();
    }
  }

  void remove(ServerConnection connection) {
    open.remove(connection);
  }

  /** Ends all, soon; callable from any thread. */
  void drain() {
    loop.execute(() -> all().forEach(ServerConnection::drain));
  }

  /** Closes all, soon; callable from any thread. */
  void close() {
    loop.execute(() -> all().forEach(ServerConnection::close));
  }

  /** Ends those that are not to be trusted any more; callable from any thread. */
  void judge(ServerTls tls) {
    loop.execute(() -> judge(all(), 0, tls));
  }

  private void judge(List<ServerConnection> connections, int from, ServerTls tls) {
    int to = Math.min(connections.size(), from + JUDGED_AT_ONCE);
    for (ServerConnection connection : connections.subList(from, to)) {
      if (open.containsKey(connection)) {
        judge(connection, tls);
      }
    }
    if (to < connections.size()) {
      loop.execute(() -> judge(connections, to, tls));
    }
  }

  private void judge(ServerConnection connection, ServerTls tls) {
    Standing standing = connection.handshake().standing(tls);
    if (standing.leftNanos() == 0) {
      connection.close();
      return;
    }
    if (!standing.open()) {
      connection.retire();
    }
    if (standing.leftNanos() != NEVER) {
      open.replace(connection, System.nanoTime() + standing.leftNanos());
    }
  }

  private List<ServerConnection> all() {
    return new ArrayList<>(open.keySet());
  }

  private void schedule() {
    loop.schedule(this::tick, 1, TimeUnit.SECONDS);
  }

  private void tick() {
    long now = System.nanoTime();
    for (ServerConnection connection : all()) {
      long end = open.getOrDefault(connection, NEVER);
      if (end != NEVER && now - end > 0) {
        connection.close();
      } else {
        connection.tick(now);
      }
    }
    ticking = !open.isEmpty();
    if (ticking) {
      schedule();
    }
  }
}

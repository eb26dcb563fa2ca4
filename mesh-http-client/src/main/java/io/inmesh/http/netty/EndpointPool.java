package io.inmesh.http.netty;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.ConnectionPolicy;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The interchangeable connections to one endpoint and the calls that wait for one. HTTP/1.1: as
 * many connections as calls, the most recently used first. HTTP/2: one connection until its streams
 * run out, then one more at a time; handshakes are shared. Confined to its loop.
 */
final class EndpointPool {
  /** At once beside connections that serve, or an eighth of as many as those are. */
  private static final int HANDSHAKES = 2;

  /** So many connections are opened ahead at a time, as in Envoy. */
  private static final int MAX_PRECONNECTS = 3;

  final IoLoop loop;
  final PoolKey key;
  private final TransportSettings settings;
  private final List<ClientConnection> connections = new ArrayList<>(2);
  private final ArrayDeque<ClientConnection> idle = new ArrayDeque<>(4);
  private final ArrayDeque<WireCall> waiters = new ArrayDeque<>(4);
  private int connecting;
  private boolean exclusive;
  private boolean closed;
  private @Nullable SslContext context;

  /** That of the newest call. */
  ConnectionPolicy policy = ConnectionPolicy.DEFAULT;

  EndpointPool(IoLoop loop, PoolKey key) {
    this.loop = loop;
    this.key = key;
    this.settings = loop.transport.settings;
    // Without TLS nothing can be negotiated, so AUTO means HTTP/1.1 there.
    exclusive =
        key.protocol() == Protocol.HTTP1 || (key.protocol() == Protocol.AUTO && key.tls() == null);
  }

  void acquire(WireCall call) {
    if (call.over) {
      return;
    }
    if (closed || loop.transport.closed) {
      call.failed(Failure.CLOSED, new IOException("the client is closed"));
      return;
    }
    policy = call.policy;
    ClientConnection ready = ready();
    if (ready != null) {
      ready.take(call);
      preconnect(call);
      return;
    }
    if (waiters.size() >= settings.maxWaiting()) {
      call.failed(
          Failure.OVERFLOW,
          new IOException(waiters.size() + " calls wait for a connection to " + key.address()));
      return;
    }
    waiters.add(call);
    call.waiting(this);
    connectMore();
    preconnect(call);
  }

  /**
   * Connects ahead of need, by Envoy's rule: there shall be the cluster's ratio of connections to
   * calls. HTTP/2 has room for the next calls anyway.
   */
  private void preconnect(WireCall call) {
    double ratio = policy.preconnect().perEndpoint();
    if (ratio <= 1 || !exclusive) {
      return;
    }
    int active = 0;
    int free = 0;
    for (ClientConnection connection : connections) {
      active += connection.active();
      free += connection.free();
    }
    for (int opened = 0;
        opened < MAX_PRECONNECTS
            && (waiters.size() + active) * ratio > active + free + connecting
            && connections.size() + connecting < settings.maxConnections();
        opened++) {
      if (!connectAhead(call)) {
        return;
      }
    }
  }

  /** A call that goes elsewhere expects that the next one comes here. */
  void prepare(WireCall elsewhere) {
    int free = connecting - waiters.size();
    for (ClientConnection connection : connections) {
      free += connection.free();
    }
    if (free <= 0
        && !closed
        && !loop.transport.closed
        && connections.size() + connecting < settings.maxConnections()) {
      policy = elsewhere.policy;
      connectAhead(elsewhere);
    }
  }

  /** Whether one more connection is being made. */
  private boolean connectAhead(WireCall call) {
    ConnectionPermit permit = call.permit();
    if (permit == null) {
      return false;
    }
    connecting++;
    new Connector(this, permit).connect(call.connectTimeoutNanos);
    return true;
  }

  /** A waiting call was given up. */
  void forget(WireCall call) {
    waiters.removeFirstOccurrence(call);
  }

  void connected(ClientConnection connection, ConnectionPermit permit) {
    connecting--;
    connection.permit = permit;
    exclusive = connection.exclusive();
    connections.add(connection);
    if (closed) {
      connection.close();
      return;
    }
    freed(connection);
    if (key.tls() != null) {
      judge(connection, key.tls()); // if replaced meanwhile, these calls were its last
    }
    connectMore();
  }

  void connectFailed(ConnectionPermit permit, Failure failure, Throwable cause) {
    connecting--;
    permit.closed();
    if (exclusive) {
      WireCall first = waiters.poll();
      if (first != null) {
        first.failed(failure, cause);
      }
      connectMore();
    } else if (connections.isEmpty()) {
      for (int n = waiters.size(); n > 0; n--) {
        WireCall next = waiters.poll();
        if (next != null) {
          next.failed(failure, cause);
        }
      }
    }
    // Else the waiters get the streams that become free; the next call tries to connect again.
  }

  /** A connection can take calls, for example because one ended. */
  void freed(ClientConnection connection) {
    while (connection.free() > 0) {
      WireCall next = waiters.poll();
      if (next == null) {
        break;
      }
      connection.take(next);
    }
    if (connection.active() == 0) {
      connection.idleSince = System.nanoTime();
      if (connection.draining()) {
        connection.close();
      } else if (connection.exclusive() && connection.free() > 0) {
        idle.push(connection);
      }
    }
  }

  void gone(ClientConnection connection) {
    if (connections.remove(connection)) {
      connection.permit.closed();
    }
    idle.remove(connection);
    connectMore();
  }

  /** The once-a-second look; true if the pool has nothing left. */
  boolean tick(long now) {
    for (ClientConnection connection : new ArrayList<>(connections)) {
      connection.tick(now);
      if (now - connection.endBy > 0) {
        connection.close();
      } else if (now - connection.expiresAt > 0) {
        drain(connection);
      } else if (connection.active() == 0 && now - connection.idleSince > idleNanos()) {
        connection.close();
      }
    }
    connectMore();
    return connections.isEmpty() && connecting == 0 && waiters.isEmpty();
  }

  /** The sooner of the client's and the cluster's: a server may close idle connections, too. */
  private long idleNanos() {
    long own = settings.idleTimeout().toNanos();
    return policy.idleTimeout().isZero() ? own : Math.min(own, policy.idleTimeout().toNanos());
  }

  /** TLS material changed. */
  void judge() {
    if (key.tls() != null) {
      for (ClientConnection connection : new ArrayList<>(connections)) {
        judge(connection, key.tls());
      }
    }
  }

  private void judge(ClientConnection connection, TlsGeneration madeWith) {
    Standing standing = connection.standing(madeWith);
    if (standing.leftNanos() == 0) {
      connection.close();
      return;
    }
    if (standing.leftNanos() != Long.MAX_VALUE) {
      connection.endBy = System.nanoTime() + standing.leftNanos();
    }
    if (!standing.open()) {
      drain(connection);
    }
  }

  /** No more calls for a connection; those it has go on. */
  private void drain(ClientConnection connection) {
    idle.remove(connection);
    connection.drain();
  }

  void close() {
    closed = true;
    IOException cause = new IOException("the client is closed");
    WireCall next;
    while ((next = waiters.poll()) != null) {
      next.failed(Failure.CLOSED, cause);
    }
    for (ClientConnection connection : new ArrayList<>(connections)) {
      connection.close();
    }
  }

  void count(PoolStats stats) {
    stats.connections += connections.size();
    stats.connecting += connecting;
    stats.waiting += waiters.size();
    for (ClientConnection connection : connections) {
      stats.active += connection.active();
    }
  }

  /** The context of this pool's TLS generation; kept alive by the pool. */
  SslContext tlsContext() throws SSLException {
    if (context == null && key.tls() != null) {
      context = loop.transport.tlsContexts.client(key.tls(), key.protocol());
    }
    if (context == null) {
      throw new SSLException("plaintext pool");
    }
    return context;
  }

  private @Nullable ClientConnection ready() {
    if (exclusive) {
      ClientConnection next;
      while ((next = idle.poll()) != null) {
        if (next.free() > 0) {
          return next;
        }
      }
      return null;
    }
    for (int i = 0; i < connections.size(); i++) {
      ClientConnection next = connections.get(i);
      if (next.free() > 0) {
        return next;
      }
    }
    return null;
  }

  private void connectMore() {
    while (!closed
        && !waiters.isEmpty()
        && connections.size() + connecting < settings.maxConnections()
        && (connecting == 0 || (exclusive && connecting < mostAtOnce()))) {
      WireCall first = waiters.element();
      ConnectionPermit permit = first.permit();
      if (permit == null) {
        if (!connections.isEmpty() || connecting > 0) {
          return; // the call gets one of those
        }
        permit = ConnectionPermit.UNLIMITED; // the first one is always allowed
      }
      connecting++;
      new Connector(this, permit).connect(first.connectTimeoutNanos);
    }
  }

  /**
   * One for each call that waits. With TLS beside connections that serve already, fewer: a call
   * that waits soon gets one of those, while handshakes take the loop from all of them, and would
   * turn one stall into the next.
   */
  private int mostAtOnce() {
    return key.tls() == null || connections.isEmpty()
        ? waiters.size()
        : Math.min(waiters.size(), Math.max(HANDSHAKES, connections.size() / 8));
  }
}

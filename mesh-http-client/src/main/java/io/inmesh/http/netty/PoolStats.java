package io.inmesh.http.netty;

/** What a client's pools hold at one moment; for tests and diagnostics. Not thread-safe. */
public final class PoolStats {
  int connections;
  int active;
  int waiting;
  int connecting;

  /** Open connections. */
  public int connections() {
    return connections;
  }

  /** Calls that own a connection or a stream. */
  public int active() {
    return active;
  }

  /** Calls that wait for a connection. */
  public int waiting() {
    return waiting;
  }

  /** Connections being established. */
  public int connecting() {
    return connecting;
  }

  @Override
  public String toString() {
    return "connections="
        + connections
        + " active="
        + active
        + " waiting="
        + waiting
        + " connecting="
        + connecting;
  }
}

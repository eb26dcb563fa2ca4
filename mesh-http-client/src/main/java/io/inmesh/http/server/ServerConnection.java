package io.inmesh.http.server;

/** A connection as the acceptor sees it. Confined to its event loop. */
interface ServerConnection {
  /** Looks after itself; once a second. */
  void tick(long now);

  /** Takes no more requests and closes when those it has are answered. */
  void drain();

  /** Closes now. */
  void close();
}

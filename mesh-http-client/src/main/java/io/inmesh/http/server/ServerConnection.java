package io.inmesh.http.server;

/** A connection as the acceptor sees it. Confined to its event loop. */
interface ServerConnection {
  /** Who is at the other end. */
  Handshake handshake();

  /** Looks after itself; once a second. */
  void tick(long now);

  /** Takes no more requests and closes when those it has are answered. */
  void drain();

  /** The same, but a request that may be on its way is still answered. */
  void retire();

  /** Closes now. */
  void close();
}

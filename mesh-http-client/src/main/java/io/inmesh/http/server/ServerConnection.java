package io.inmesh.http.server;

/** A connection as the acceptor sees it. Thread-safe. */
interface ServerConnection {
  /** Takes no more requests and closes when those it has are answered. */
  void drain();

  /** Closes now. */
  void close();
}

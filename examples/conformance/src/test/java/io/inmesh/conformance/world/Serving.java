package io.inmesh.conformance.world;

/** A server of an instance. Thread-safe. */
interface Serving {
  /** Where it listens. */
  int port();

  /** Lets requests in progress finish, for some seconds at most. */
  void stop(int seconds);

  /** Cuts all connections. */
  void kill();
}

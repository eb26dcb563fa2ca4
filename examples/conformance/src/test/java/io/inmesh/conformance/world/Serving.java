package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import java.io.IOException;

/** A server of an instance. Thread-safe. */
interface Serving {
  /** Starts the server of an instance. */
  @FunctionalInterface
  interface Starter {
    /** Starts it. */
    Serving start(Instance instance, Mesh mesh) throws IOException;
  }

  /** Where it listens. */
  int port();

  /** Lets requests in progress finish, for some seconds at most. */
  void stop(int seconds);

  /** Cuts all connections. */
  void kill();
}

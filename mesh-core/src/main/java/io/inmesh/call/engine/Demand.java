package io.inmesh.call.engine;

import io.inmesh.model.CalledHost;

/** Asks for what a call needs and nobody has asked for yet. */
@FunctionalInterface
public interface Demand {
  /** Nobody to ask: what is not configured stays unknown. */
  Demand NONE = listener -> {};

  /**
   * A call waits for a client listener. Called on any thread, possibly often for the same name;
   * must not block. The answer is a snapshot that has the listener or names it as absent.
   *
   * @param listener {@code <fqdn>:<port>}
   */
  void wanted(String listener);

  /**
   * A call waits for the cluster of a host, or it is in use still. Called on any thread, possibly
   * often; must not block. The answer is a snapshot that has {@link CalledHost#clusterName}.
   */
  default void wanted(CalledHost host) {}
}

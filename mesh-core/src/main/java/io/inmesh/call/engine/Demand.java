package io.inmesh.call.engine;

/** Asks for configuration that a call needs and nobody has subscribed to yet. */
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
}

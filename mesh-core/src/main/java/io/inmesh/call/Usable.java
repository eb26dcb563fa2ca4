package io.inmesh.call;

import io.inmesh.model.Endpoint;

/** Says which endpoints a transport can use now, for transports that keep connections open. */
@FunctionalInterface
public interface Usable {
  /** Every endpoint. */
  Usable ALL = endpoint -> true;

  /** Whether the transport can send to it without waiting. */
  boolean usable(Endpoint endpoint);

  /**
   * Whether a connection to it is being made. A balancer that wants this very endpoint, or one of a
   * better priority, waits for it rather than take another.
   */
  default boolean pending(Endpoint endpoint) {
    return false;
  }
}

package io.inmesh.call;

import io.inmesh.model.Endpoint;

/** Says which endpoints a transport can use now, for transports that keep connections open. */
@FunctionalInterface
public interface Usable {
  /** Every endpoint. */
  Usable ALL = endpoint -> true;

  /** Whether the transport can send to it without waiting. */
  boolean usable(Endpoint endpoint);
}

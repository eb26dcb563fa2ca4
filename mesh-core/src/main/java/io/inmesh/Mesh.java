package io.inmesh;

import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.control.Clock;

/** A process's membership in the mesh: the one object an application holds. Thread-safe. */
public interface Mesh extends AutoCloseable {
  /** Where transports begin outbound calls. */
  Outbound outbound();

  /**
   * Where a server transport admits the requests of one port.
   *
   * @param port the port the server listens on
   */
  Inbound inbound(int port);

  /** The engine's clock: deadlines are measured on it. */
  Clock clock();

  /** Deregisters, then closes the control connection. Idempotent. */
  @Override
  void close();
}

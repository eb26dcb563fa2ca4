package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What bounds each connection that a port of this process accepts; transports act on it, for
 * connections that they accept from then on. Null: as the server has it itself; zero: no limit.
 *
 * @param idleTimeout a connection without requests is closed after it
 * @param maxDuration a connection takes no new requests after it
 * @param maxStreams requests at a time on one HTTP/2 connection; 0: as the server has it itself
 * @param headersTimeout for the head of a request to arrive
 * @param requestTimeout for a whole request to arrive, unless its response begins before
 * @param streamIdleTimeout how long a peer may neither send nor take anything of a request
 */
public record ServerConnectionPolicy(
    @Nullable Duration idleTimeout,
    @Nullable Duration maxDuration,
    int maxStreams,
    @Nullable Duration headersTimeout,
    @Nullable Duration requestTimeout,
    @Nullable Duration streamIdleTimeout) {
  /** Nothing is said. */
  public static final ServerConnectionPolicy NONE =
      new ServerConnectionPolicy(null, null, 0, null, null, null);
}

package io.inmesh.http.server;

import java.time.Duration;

/**
 * What bounds a server.
 *
 * @param maxHeaderBytes of a request's head
 * @param maxBodyBytes of a request's body; more is answered with 413; {@link Long#MAX_VALUE}: no
 *     limit
 * @param window bytes of a request body that may be buffered unread, for each request
 * @param maxStreams concurrent HTTP/2 requests on a connection
 * @param headTimeout for a whole request head (and the TLS handshake) to arrive
 * @param idleTimeout after which a connection without requests is closed
 */
public record ServerSettings(
    int maxHeaderBytes,
    long maxBodyBytes,
    int window,
    int maxStreams,
    Duration headTimeout,
    Duration idleTimeout) {
  /** 60 KiB heads, any body, 256 KiB windows, 1024 streams, 10 s for a head, 75 s idle. */
  public static final ServerSettings DEFAULT =
      new ServerSettings(
          60 * 1024,
          Long.MAX_VALUE,
          256 * 1024,
          1024,
          Duration.ofSeconds(10),
          Duration.ofSeconds(75));
}

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
 * @param stallTimeout how long a peer may neither send the body it began nor take the response it
 *     is sent; then 408 or, within a response, the end (Envoy's stream idle timeout)
 * @param idleTimeout after which a connection without requests is closed
 * @param nativeTls whether TLS is BoringSSL's where its library loads; else the JDK's
 */
public record ServerSettings(
    int maxHeaderBytes,
    long maxBodyBytes,
    int window,
    int maxStreams,
    Duration headTimeout,
    Duration stallTimeout,
    Duration idleTimeout,
    boolean nativeTls) {
  /**
   * 60 KiB heads, any body, 256 KiB windows, 1024 streams, 10 s for a head, 5 min stalled, 75 s
   * idle.
   */
  public static final ServerSettings DEFAULT =
      new ServerSettings(
          60 * 1024,
          Long.MAX_VALUE,
          256 * 1024,
          1024,
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          Duration.ofSeconds(75),
          true);

  /** The same with other time limits. */
  public ServerSettings withTimeouts(Duration head, Duration stall, Duration idle) {
    return new ServerSettings(
        maxHeaderBytes, maxBodyBytes, window, maxStreams, head, stall, idle, nativeTls);
  }

  /** The same with another limit for request bodies. */
  public ServerSettings withMaxBodyBytes(long bytes) {
    return new ServerSettings(
        maxHeaderBytes,
        bytes,
        window,
        maxStreams,
        headTimeout,
        stallTimeout,
        idleTimeout,
        nativeTls);
  }

  /** The same with another limit for concurrent requests on a connection. */
  public ServerSettings withMaxStreams(int streams) {
    return new ServerSettings(
        maxHeaderBytes,
        maxBodyBytes,
        window,
        streams,
        headTimeout,
        stallTimeout,
        idleTimeout,
        nativeTls);
  }

  /** The same with or without BoringSSL. */
  public ServerSettings withNativeTls(boolean wanted) {
    return new ServerSettings(
        maxHeaderBytes,
        maxBodyBytes,
        window,
        maxStreams,
        headTimeout,
        stallTimeout,
        idleTimeout,
        wanted);
  }
}

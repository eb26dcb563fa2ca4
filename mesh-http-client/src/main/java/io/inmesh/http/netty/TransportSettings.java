package io.inmesh.http.netty;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What bounds the client's connections.
 *
 * @param connectTimeout an upper bound beside the cluster's; null: only the cluster's
 * @param idleTimeout after which an unused connection is closed
 * @param maxAge after which a connection takes no new calls, give or take a tenth
 * @param drainTimeout how long calls on connections of an older TLS generation, or of a GOAWAY, may
 *     go on
 * @param maxConnections per endpoint; further HTTP/1.1 calls wait
 * @param maxWaiting calls that wait for a connection to one endpoint; further ones overflow
 * @param window bytes of a response body that may be buffered unread, for each call
 * @param maxHeaderBytes of a response
 */
public record TransportSettings(
    @Nullable Duration connectTimeout,
    Duration idleTimeout,
    Duration maxAge,
    Duration drainTimeout,
    int maxConnections,
    int maxWaiting,
    int window,
    int maxHeaderBytes) {
  /** 60 s idle, 1 h of age, 45 s of draining, 1024 connections and waiters, 256 KiB windows. */
  public static final TransportSettings DEFAULT =
      new TransportSettings(
          null,
          Duration.ofSeconds(60),
          Duration.ofHours(1),
          Duration.ofSeconds(45),
          1024,
          10_000,
          256 * 1024,
          60 * 1024);

  /** The same with another connect timeout. */
  public TransportSettings withConnectTimeout(@Nullable Duration timeout) {
    return new TransportSettings(
        timeout,
        idleTimeout,
        maxAge,
        drainTimeout,
        maxConnections,
        maxWaiting,
        window,
        maxHeaderBytes);
  }
}

package io.inmesh.http.netty;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What bounds the client's connections.
 *
 * @param connectTimeout an upper bound beside the cluster's; null: only the cluster's
 * @param idleTimeout after which an unused connection is closed
 * @param maxAge after which a connection takes no new calls, give or take a tenth
 * @param maxConnections per endpoint; further HTTP/1.1 calls wait
 * @param maxWaiting calls that wait for a connection to one endpoint; further ones overflow
 * @param window bytes of a response body that may be buffered unread, for each call
 * @param maxHeaderBytes of a response
 * @param nativeTls whether TLS is BoringSSL's where its library loads; else the JDK's
 */
public record TransportSettings(
    @Nullable Duration connectTimeout,
    Duration idleTimeout,
    Duration maxAge,
    int maxConnections,
    int maxWaiting,
    int window,
    int maxHeaderBytes,
    boolean nativeTls) {
  /** 60 s idle, 1 h of age, 1024 connections and waiters, 256 KiB windows. */
  public static final TransportSettings DEFAULT =
      new TransportSettings(
          null,
          Duration.ofSeconds(60),
          Duration.ofHours(1),
          1024,
          10_000,
          256 * 1024,
          60 * 1024,
          true);

  /** The same with another connect timeout. */
  public TransportSettings withConnectTimeout(@Nullable Duration timeout) {
    return new TransportSettings(
        timeout,
        idleTimeout,
        maxAge,
        maxConnections,
        maxWaiting,
        window,
        maxHeaderBytes,
        nativeTls);
  }

  /** The same with or without BoringSSL. */
  public TransportSettings withNativeTls(boolean wanted) {
    return new TransportSettings(
        connectTimeout,
        idleTimeout,
        maxAge,
        maxConnections,
        maxWaiting,
        window,
        maxHeaderBytes,
        wanted);
  }
}

package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long connections to the endpoints of a cluster live and how they are kept alive; transports
 * act on it.
 *
 * @param idleTimeout a connection without requests is closed after it; zero: never
 * @param maxDuration a connection takes no new requests after it; null: no limit
 * @param maxRequests a connection takes no more requests than this; 0: no limit
 * @param maxStreams requests at a time on one HTTP/2 connection; 0: what the peer allows
 * @param tcpKeepAlive probes of the operating system; null: its defaults
 * @param ping HTTP/2 PING frames; null: none
 * @param preconnect connections ahead of need
 */
public record ConnectionPolicy(
    Duration idleTimeout,
    @Nullable Duration maxDuration,
    int maxRequests,
    int maxStreams,
    @Nullable TcpKeepAlive tcpKeepAlive,
    @Nullable Ping ping,
    Preconnect preconnect) {
  /** Idle connections are closed after an hour, no other limit. */
  public static final ConnectionPolicy DEFAULT =
      new ConnectionPolicy(Duration.ofHours(1), null, 0, 0, null, null, Preconnect.NONE);

  /**
   * TCP keep-alive.
   *
   * @param probes unanswered probes that break the connection; 0: the system's default
   * @param idle before the first probe; null: the system's default
   * @param interval between probes; null: the system's default
   */
  public record TcpKeepAlive(int probes, @Nullable Duration idle, @Nullable Duration interval) {}

  /**
   * How many connections there are for each request in flight, those that are being made included:
   * 1 to 3; 1: none ahead of need.
   *
   * @param perEndpoint at the endpoint of the request
   * @param predictive over all endpoints: of those that will probably be next, too
   */
  public record Preconnect(double perEndpoint, double predictive) {
    /** None ahead of need. */
    public static final Preconnect NONE = new Preconnect(1, 1);
  }

  /**
   * HTTP/2 keep-alive.
   *
   * @param interval between pings
   * @param timeout for the answer
   */
  public record Ping(Duration interval, Duration timeout) {}
}

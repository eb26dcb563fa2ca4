package io.inmesh.model;

import java.time.Duration;
import java.util.List;

/**
 * Probes of each endpoint of a cluster, as in Envoy's {@code HealthCheck}.
 *
 * @param probe what is asked
 * @param timeout of one probe
 * @param intervals between probes of one endpoint
 * @param unhealthyThreshold failures in a row that make an endpoint unhealthy; the very first
 *     answer decides alone
 * @param healthyThreshold successes in a row that make it healthy again
 * @param reuseConnection whether a connection serves for more than one probe
 * @param logFailures whether each failure is logged, not only those that change something
 */
public record HealthCheck(
    Probe probe,
    Duration timeout,
    Intervals intervals,
    int unhealthyThreshold,
    int healthyThreshold,
    boolean reuseConnection,
    boolean logFailures) {

  /** Probes in these intervals, over connections that are kept, failures unlogged. */
  public HealthCheck(
      Probe probe,
      Duration timeout,
      Intervals intervals,
      int unhealthyThreshold,
      int healthyThreshold) {
    this(probe, timeout, intervals, unhealthyThreshold, healthyThreshold, true, false);
  }

  /**
   * Times from the end of one probe to the next.
   *
   * @param interval after a success
   * @param unhealthy after a failure
   * @param unhealthyEdge after a failure that is not yet one too many
   * @param healthyEdge after a success that is not yet enough
   * @param noTraffic instead of them all while the cluster has never been called
   * @param noTrafficHealthy instead of that after a success
   * @param initialJitter the first probe comes at random before it is over
   * @param jitter up to so much is added at random
   * @param jitterPercent up to this share of the time is added at random
   */
  public record Intervals(
      Duration interval,
      Duration unhealthy,
      Duration unhealthyEdge,
      Duration healthyEdge,
      Duration noTraffic,
      Duration noTrafficHealthy,
      Duration initialJitter,
      Duration jitter,
      int jitterPercent) {
    /** Envoy's default. */
    public static final Duration NO_TRAFFIC = Duration.ofSeconds(60);

    /** The same interval always, but without traffic; no jitter. */
    public static Intervals every(Duration interval) {
      return new Intervals(
          interval,
          interval,
          interval,
          interval,
          NO_TRAFFIC,
          NO_TRAFFIC,
          Duration.ZERO,
          Duration.ZERO,
          0);
    }
  }

  /** What is asked of an endpoint. */
  public sealed interface Probe {
    /**
     * An HTTP GET.
     *
     * @param path with query
     * @param host the authority; empty: the service's name
     * @param expected healthy statuses
     * @param retriable statuses that count towards the threshold; others are unhealthy at once
     * @param http2 whether it is sent over HTTP/2
     */
    record Http(
        String path,
        String host,
        List<StatusRange> expected,
        List<StatusRange> retriable,
        boolean http2)
        implements Probe {
      public Http {
        expected = List.copyOf(expected);
        retriable = List.copyOf(retriable);
      }
    }

    /**
     * A connection.
     *
     * @param send bytes, a character each; empty: nothing, the connection is enough
     * @param receive what the answer must hold, in this order; empty: no answer is awaited
     */
    record Tcp(String send, List<String> receive) implements Probe {
      public Tcp {
        receive = List.copyOf(receive);
      }
    }

    /**
     * {@code grpc.health.v1.Health/Check}.
     *
     * @param service full name; empty: the server as a whole
     * @param authority empty: the service's name
     */
    record Grpc(String service, String authority) implements Probe {}
  }
}

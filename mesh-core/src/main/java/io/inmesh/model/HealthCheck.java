package io.inmesh.model;

import java.time.Duration;
import java.util.List;

/**
 * A probe of each endpoint of a cluster, as in Envoy's {@code HealthCheck}.
 *
 * @param probe what is asked
 * @param timeout of one probe
 * @param interval between probes of an endpoint that has traffic
 * @param noTrafficInterval between probes while nothing was sent to the cluster yet
 * @param unhealthyThreshold failures in a row that make an endpoint unhealthy
 * @param healthyThreshold successes in a row that make it healthy again; at first one is enough
 * @param jitterPercent up to this share of the interval is added at random
 */
public record HealthCheck(
    Probe probe,
    Duration timeout,
    Duration interval,
    Duration noTrafficInterval,
    int unhealthyThreshold,
    int healthyThreshold,
    int jitterPercent) {
  /** What is asked of an endpoint. */
  public sealed interface Probe {
    /**
     * An HTTP GET.
     *
     * @param path with query
     * @param host the authority; empty: the cluster's name
     * @param expected healthy statuses, ranges with both ends included
     * @param retriable statuses that count towards the threshold; others are unhealthy at once
     */
    record Http(String path, String host, List<StatusRange> expected, List<StatusRange> retriable)
        implements Probe {
      public Http {
        expected = List.copyOf(expected);
        retriable = List.copyOf(retriable);
      }
    }

    /** A connection, nothing sent. */
    record Tcp() implements Probe {}

    /** {@code grpc.health.v1.Health/Check} of a service; empty: the server as a whole. */
    record Grpc(String service, String authority) implements Probe {}
  }
}

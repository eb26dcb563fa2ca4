package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How every client probes the endpoints of a Service.
 *
 * @param unhealthyInterval after a failure; null: as after a success
 * @param noTrafficInterval while the client has not called the Service
 * @param initialJitter the first probe comes at random before it is over
 * @param jitterPercent up to this share of an interval is added at random
 */
public record HealthCheckSpec(
    Probe probe,
    Duration interval,
    Duration timeout,
    int unhealthyThreshold,
    int healthyThreshold,
    @Nullable Duration unhealthyInterval,
    Duration noTrafficInterval,
    Duration initialJitter,
    int jitterPercent,
    boolean reuseConnection,
    boolean logFailures) {
  /** What is asked. */
  public sealed interface Probe {
    /**
     * An HTTP GET.
     *
     * @param host empty: the service's
     * @param statuses healthy ones; empty: 200
     * @param retriableStatuses those that count towards the threshold; others count at once
     */
    record Http(String path, String host, List<Integer> statuses, List<Integer> retriableStatuses)
        implements Probe {
      /** Copies the lists. */
      public Http {
        statuses = List.copyOf(statuses);
        retriableStatuses = List.copyOf(retriableStatuses);
      }
    }

    /** gRPC's health check of a service; empty: of the server. */
    record Grpc(String service) implements Probe {}

    /** A connection; with texts to send, and to find in the answer. */
    record Tcp(String send, List<String> receive) implements Probe {
      /** Copies the list. */
      public Tcp {
        receive = List.copyOf(receive);
      }
    }
  }
}

package io.inmesh.xds;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.TlsPolicy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoded cluster without its endpoints.
 *
 * @param name resource name
 * @param endpoints where its endpoints come from
 * @param tls for the endpoints that are secured; null: none is
 * @param tlsMatches which those are, the first match decides; empty: all
 */
record ClusterResource(
    String name,
    Source endpoints,
    BalancerPolicy balancer,
    Duration connectTimeout,
    Cluster.Protocol protocol,
    CircuitBreakers breakers,
    @Nullable OutlierPolicy outliers,
    @Nullable TlsPolicy tls,
    List<TlsMatch> tlsMatches,
    @Nullable FailureAccrual accrual,
    @Nullable HealthCheck healthCheck,
    ConnectionPolicy connections) {
  ClusterResource {
    tlsMatches = List.copyOf(tlsMatches);
  }

  /** Where a cluster's endpoints come from. */
  sealed interface Source {
    /** An endpoint resource of this name. */
    record Eds(String serviceName) implements Source {}

    /** The cluster itself. */
    record Inline(EndpointsResource endpoints) implements Source {}

    /** The cluster itself, whose addresses are host names to look up. */
    record Dns(EndpointsResource endpoints, DnsPolicy policy) implements Source {}

    /** Other clusters, whose priorities follow one another. */
    record Aggregate(List<String> clusters) implements Source {
      public Aggregate {
        clusters = List.copyOf(clusters);
      }
    }
  }
}

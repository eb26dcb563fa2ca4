package io.inmesh.xds;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CalledHost;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.IpLiteral;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.TlsPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

  /**
   * The cluster of a host that is reached like this dynamic one.
   *
   * @param policy how its name is looked up
   */
  ClusterResource of(CalledHost host, DnsPolicy policy) {
    InetAddress literal = IpLiteral.parse(host.host());
    InetSocketAddress address =
        literal == null
            ? InetSocketAddress.createUnresolved(host.host(), host.port())
            : new InetSocketAddress(literal, host.port());
    Endpoint endpoint = new Endpoint(address, 1, Endpoint.Health.HEALTHY, host.host(), Map.of());
    LocalityEndpoints locality = new LocalityEndpoints(Locality.UNKNOWN, 0, 1, List.of(endpoint));
    return new ClusterResource(
        host.clusterName(),
        new Source.Dns(
            new EndpointsResource(host.clusterName(), List.of(locality), 140, List.of()), policy),
        balancer,
        connectTimeout,
        protocol,
        breakers,
        outliers,
        tls == null && host.secure()
            ? new TlsPolicy(TlsPolicy.Mode.EXTERNAL, List.of(), host.host(), null)
            : tls,
        tlsMatches,
        accrual,
        healthCheck,
        connections);
  }

  /** Where a cluster's endpoints come from. */
  sealed interface Source {
    /** An endpoint resource of this name. */
    record Eds(String serviceName) implements Source {}

    /** The cluster itself. */
    record Inline(EndpointsResource endpoints) implements Source {}

    /** The cluster itself, whose addresses are host names to look up. */
    record Dns(EndpointsResource endpoints, DnsPolicy policy) implements Source {}

    /** None of its own: each host that calls name becomes a logical host, looked up like this. */
    record Dynamic(DnsPolicy policy) implements Source {}

    /** Other clusters, whose priorities follow one another. */
    record Aggregate(List<String> clusters) implements Source {
      public Aggregate {
        clusters = List.copyOf(clusters);
      }
    }
  }
}

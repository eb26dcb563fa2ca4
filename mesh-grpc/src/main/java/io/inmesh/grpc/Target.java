package io.inmesh.grpc;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.TlsPolicy;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What makes a connection the same for two clusters.
 *
 * @param address where it leads
 * @param tls how it must be secured; null: plaintext
 * @param health the service whose health is watched; null: none
 * @param load whose balancer wants load reports out of band; null: nobody
 * @param connections how long it lives, and how it is kept alive
 * @param connectTimeout until it is there
 */
record Target(
    InetSocketAddress address,
    @Nullable TlsPolicy tls,
    @Nullable String health,
    @Nullable LoadWish load,
    ConnectionPolicy connections,
    Duration connectTimeout) {
  /**
   * Who wants load reports.
   *
   * @param cluster its name
   * @param period between two
   */
  record LoadWish(String cluster, Duration period) {}

  /** Where a cluster's calls to an endpoint go. */
  static Target of(Cluster cluster, Endpoint endpoint) {
    HealthCheck check = cluster.healthCheck();
    return new Target(
        endpoint.address(),
        cluster.tls(endpoint),
        check != null && check.probe() instanceof HealthCheck.Probe.Grpc probe
            ? probe.service()
            : null,
        cluster.balancer().algorithm() instanceof BalancerPolicy.Algorithm.Utilization weights
                && weights.outOfBand()
            ? new LoadWish(cluster.name(), weights.oobPeriod())
            : null,
        cluster.connections(),
        cluster.connectTimeout());
  }

  /** As Netty wants it. */
  int connectTimeoutMillis() {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, connectTimeout.toMillis()));
  }

  /** How many streams of its own a connection has: those that are watched. */
  int watches() {
    return (health == null ? 0 : 1) + (load == null ? 0 : 1);
  }
}

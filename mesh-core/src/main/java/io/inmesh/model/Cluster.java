package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of endpoints and how to reach them, endpoints included.
 *
 * @param name resource name
 * @param service the service it belongs to ({@code <fqdn>}), for metrics; may be the name
 * @param localities endpoints by locality and priority; empty: none
 * @param overprovisioning percent, 140 by default
 * @param drops shares dropped before balancing
 * @param balancer how endpoints are picked
 * @param connectTimeout of a connection
 * @param protocol spoken with the endpoints
 * @param breakers limits by priority
 * @param outliers passive health checking; null: off
 * @param tls how connections are secured; null: plaintext; see {@link #tls(Endpoint)}
 * @param accrual failure accrual; null: off
 * @param healthCheck active health checking; null: off
 * @param connections their lifetime
 * @param dynamic whether it has no endpoints, but for each {@link CalledHost} a cluster like it
 */
public record Cluster(
    String name,
    String service,
    List<LocalityEndpoints> localities,
    int overprovisioning,
    List<Drop> drops,
    BalancerPolicy balancer,
    Duration connectTimeout,
    Protocol protocol,
    CircuitBreakers breakers,
    @Nullable OutlierPolicy outliers,
    @Nullable TlsPolicy tls,
    @Nullable FailureAccrual accrual,
    @Nullable HealthCheck healthCheck,
    ConnectionPolicy connections,
    boolean dynamic) {
  /** What an endpoint speaks. */
  public enum Protocol {
    /** HTTP/1.1. */
    HTTP1,
    /** HTTP/2, over TLS or with prior knowledge. */
    HTTP2,
    /** HTTP/2 where ALPN agrees on it, else HTTP/1.1. */
    AUTO
  }

  /**
   * A share of calls that is dropped.
   *
   * @param category for metrics
   * @param fraction how many
   */
  public record Drop(String category, Fraction fraction) {}

  /**
   * How connections to one of the endpoints are secured.
   *
   * @return null: plaintext
   */
  public @Nullable TlsPolicy tls(Endpoint endpoint) {
    return tls == null || endpoint.plaintext() ? null : tls;
  }

  public Cluster {
    localities = List.copyOf(localities);
    drops = List.copyOf(drops);
  }

  /** A cluster that is not dynamic. */
  public Cluster(
      String name,
      String service,
      List<LocalityEndpoints> localities,
      int overprovisioning,
      List<Drop> drops,
      BalancerPolicy balancer,
      Duration connectTimeout,
      Protocol protocol,
      CircuitBreakers breakers,
      @Nullable OutlierPolicy outliers,
      @Nullable TlsPolicy tls,
      @Nullable FailureAccrual accrual,
      @Nullable HealthCheck healthCheck,
      ConnectionPolicy connections) {
    this(
        name,
        service,
        localities,
        overprovisioning,
        drops,
        balancer,
        connectTimeout,
        protocol,
        breakers,
        outliers,
        tls,
        accrual,
        healthCheck,
        connections,
        false);
  }

  /** A cluster without failure accrual and health checks, with the usual connections. */
  public Cluster(
      String name,
      String service,
      List<LocalityEndpoints> localities,
      int overprovisioning,
      List<Drop> drops,
      BalancerPolicy balancer,
      Duration connectTimeout,
      Protocol protocol,
      CircuitBreakers breakers,
      @Nullable OutlierPolicy outliers,
      @Nullable TlsPolicy tls) {
    this(
        name,
        service,
        localities,
        overprovisioning,
        drops,
        balancer,
        connectTimeout,
        protocol,
        breakers,
        outliers,
        tls,
        null,
        null,
        ConnectionPolicy.DEFAULT);
  }

  /** The same cluster with other endpoints. */
  public Cluster withLocalities(List<LocalityEndpoints> others) {
    return new Cluster(
        name,
        service,
        others,
        overprovisioning,
        drops,
        balancer,
        connectTimeout,
        protocol,
        breakers,
        outliers,
        tls,
        accrual,
        healthCheck,
        connections,
        dynamic);
  }
}

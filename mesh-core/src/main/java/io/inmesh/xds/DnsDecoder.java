package io.inmesh.xds;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.common.dns.v3.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.inmesh.model.LocalityEndpoints;
import java.time.Duration;

/** DNS clusters, in the older fields of a cluster or as {@code envoy.clusters.dns}. */
final class DnsDecoder {
  /** Envoy's defaults: every 5 s, and after failures at most ten times the first pause. */
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private static final int MAX_RETRY_FACTOR = 10;

  private final Decoding decoding;

  DnsDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  /** STRICT_DNS or LOGICAL_DNS. */
  @SuppressWarnings("deprecation") // what Istio and we send: every Envoy and gRPC reads it
  ClusterResource.Source byType(Cluster cluster, FieldPath root) throws Rejection {
    DnsCluster.Builder same =
        DnsCluster.newBuilder()
            .setRespectDnsTtl(cluster.getRespectDnsTtl())
            .setDnsJitter(cluster.getDnsJitter())
            .setDnsLookupFamily(family(cluster.getDnsLookupFamily()))
            .setAllAddressesInSingleEndpoint(
                cluster.getType() == Cluster.DiscoveryType.LOGICAL_DNS);
    if (cluster.hasDnsRefreshRate()) {
      same.setDnsRefreshRate(cluster.getDnsRefreshRate());
    }
    Cluster.RefreshRate retry = cluster.getDnsFailureRefreshRate();
    if (retry.hasBaseInterval()) {
      same.getDnsFailureRefreshRateBuilder().setBaseInterval(retry.getBaseInterval());
    }
    if (retry.hasMaxInterval()) {
      same.getDnsFailureRefreshRateBuilder().setMaxInterval(retry.getMaxInterval());
    }
    return source(cluster, same.build(), root, root);
  }

  /**
   * Any.
   *
   * @param at where {@code dns} is
   */
  ClusterResource.Source source(Cluster cluster, DnsCluster dns, FieldPath root, FieldPath at)
      throws Rejection {
    FieldPath path = root.field("load_assignment");
    EndpointsResource named =
        EndpointsDecoder.inline(cluster.getLoadAssignment(), true, decoding, path);
    boolean logical = dns.getAllAddressesInSingleEndpoint();
    long hosts =
        named.localities().stream()
            .map(LocalityEndpoints::endpoints)
            .mapToLong(l -> l.size())
            .sum();
    if (logical && hosts != 1) {
      throw new Rejection(path.field("endpoints"), "must have one endpoint, the logical host");
    }
    return new ClusterResource.Source.Dns(named, policy(dns, at));
  }

  private DnsPolicy policy(DnsCluster dns, FieldPath at) throws Rejection {
    Duration refresh =
        dns.hasDnsRefreshRate()
            ? pause(dns.getDnsRefreshRate(), at.field("dns_refresh_rate"))
            : REFRESH;
    DnsCluster.RefreshRate failure = dns.getDnsFailureRefreshRate();
    FieldPath failureAt = at.field("dns_failure_refresh_rate");
    Duration retry =
        failure.hasBaseInterval()
            ? pause(failure.getBaseInterval(), failureAt.field("base_interval"))
            : refresh;
    Duration maxRetry =
        failure.hasMaxInterval()
            ? pause(failure.getMaxInterval(), failureAt.field("max_interval"))
            : retry.multipliedBy(MAX_RETRY_FACTOR);
    if (maxRetry.compareTo(retry) < 0) {
      throw new Rejection(failureAt.field("max_interval"), "is shorter than base_interval");
    }
    return new DnsPolicy(
        dns.getAllAddressesInSingleEndpoint(),
        refresh,
        dns.getRespectDnsTtl(),
        decoding.duration(dns.getDnsJitter(), at.field("dns_jitter")),
        retry,
        maxRetry,
        switch (dns.getDnsLookupFamily()) {
          case V4_ONLY -> DnsPolicy.Family.V4_ONLY;
          case V6_ONLY -> DnsPolicy.Family.V6_ONLY;
          case V4_PREFERRED -> DnsPolicy.Family.V4_PREFERRED;
          case ALL -> DnsPolicy.Family.ALL;
          default -> DnsPolicy.Family.AUTO;
        });
  }

  private Duration pause(com.google.protobuf.Duration value, FieldPath path) throws Rejection {
    Duration pause = decoding.duration(value, path);
    if (pause.toMillis() < 1) {
      throw new Rejection(path, "must be at least 1 ms");
    }
    return pause;
  }

  private static DnsLookupFamily family(Cluster.DnsLookupFamily family) {
    return switch (family) {
      case V4_ONLY -> DnsLookupFamily.V4_ONLY;
      case V6_ONLY -> DnsLookupFamily.V6_ONLY;
      case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
      case ALL -> DnsLookupFamily.ALL;
      default -> DnsLookupFamily.AUTO;
    };
  }
}

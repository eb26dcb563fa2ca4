package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.common.dns.v3.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import io.inmesh.model.LocalityEndpoints;
import java.time.Duration;

/** DNS clusters, in the older fields of a cluster or as {@code envoy.clusters.dns}. */
final class DnsDecoder {
  /**
   * Envoy's defaults: every 5 s, after failures, too; where pauses grow, to ten times the first.
   */
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private static final int MAX_RETRY_FACTOR = 10;

  /** Envoy's default for dynamic clusters. */
  private static final com.google.protobuf.Duration CACHE_REFRESH =
      com.google.protobuf.Duration.newBuilder().setSeconds(60).build();

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
    if (cluster.hasDnsFailureRefreshRate()) {
      retry(same, cluster.getDnsFailureRefreshRate());
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
    return new ClusterResource.Source.Dns(named, policy(dns, false, at));
  }

  /** The hosts of a dynamic cluster: names come with requests, so they are guarded. */
  ClusterResource.Source dynamic(Any any, FieldPath path) throws Rejection {
    DnsCacheConfig cache = decoding.unpack(any, ClusterConfig.class, path).getDnsCacheConfig();
    FieldPath at = path.field("dns_cache_config");
    DnsCluster.Builder same =
        DnsCluster.newBuilder()
            .setRespectDnsTtl(true)
            .setDnsLookupFamily(family(cache.getDnsLookupFamily()))
            .setDnsRefreshRate(
                cache.hasDnsRefreshRate() ? cache.getDnsRefreshRate() : CACHE_REFRESH)
            .setAllAddressesInSingleEndpoint(true);
    if (cache.hasDnsFailureRefreshRate()) {
      retry(same, cache.getDnsFailureRefreshRate());
    }
    return new ClusterResource.Source.Dynamic(policy(same.build(), true, at));
  }

  private static void retry(DnsCluster.Builder same, Cluster.RefreshRate retry) {
    DnsCluster.RefreshRate.Builder copy = same.getDnsFailureRefreshRateBuilder();
    if (retry.hasBaseInterval()) {
      copy.setBaseInterval(retry.getBaseInterval());
    }
    if (retry.hasMaxInterval()) {
      copy.setMaxInterval(retry.getMaxInterval());
    }
  }

  private DnsPolicy policy(DnsCluster dns, boolean guarded, FieldPath at) throws Rejection {
    Duration refresh =
        dns.hasDnsRefreshRate()
            ? pause(dns.getDnsRefreshRate(), at.field("dns_refresh_rate"))
            : REFRESH;
    DnsCluster.RefreshRate failure = dns.getDnsFailureRefreshRate();
    FieldPath failureAt = at.field("dns_failure_refresh_rate");
    // Pauses grow only where it is said how; otherwise a failure is like any other answer.
    Duration retry = refresh;
    Duration maxRetry = refresh;
    if (dns.hasDnsFailureRefreshRate()) {
      if (!failure.hasBaseInterval()) {
        throw new Rejection(failureAt.field("base_interval"), "is missing");
      }
      retry = pause(failure.getBaseInterval(), failureAt.field("base_interval"));
      maxRetry =
          failure.hasMaxInterval()
              ? pause(failure.getMaxInterval(), failureAt.field("max_interval"))
              : retry.multipliedBy(MAX_RETRY_FACTOR);
    }
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
        },
        guarded);
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

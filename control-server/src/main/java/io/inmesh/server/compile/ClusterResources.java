package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.SelfConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.model.Egress;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.TlsSettings;
import io.inmesh.server.config.TrafficPolicySpec;
import io.inmesh.server.config.WorkloadEntrySpec;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CDS. */
final class ClusterResources {
  private static final Cluster.RefreshRate FAILURE =
      Cluster.RefreshRate.newBuilder()
          .setBaseInterval(Protos.duration(Duration.ofSeconds(1)))
          .setMaxInterval(Protos.duration(Duration.ofSeconds(10)))
          .build();

  private ClusterResources() {}

  /**
   * The cluster of a port, or of a subset of it.
   *
   * @param subset its name; empty: the whole service
   * @param destination what is said about the service besides the policy
   * @param settings what TLS handshakes may agree on
   * @param sticky whether calls may stick to its endpoints
   */
  static Cluster of(
      MeshService service,
      MeshPort port,
      String subset,
      TrafficPolicySpec policy,
      Destination destination,
      TlsSettings settings,
      boolean sticky,
      CapabilityClass clients) {
    String name = Names.cluster(service, port, subset);
    LocalityPlan plan = LocalityPlan.of(policy, service);
    Struct.Builder metadata =
        Struct.newBuilder()
            .putFields("namespace", Protos.text(service.namespace()))
            .putFields("service", Protos.text(service.host()));
    if (!subset.isEmpty()) {
      metadata.putFields("subset", Protos.text(subset));
    }
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(name)
            .setLoadBalancingPolicy(
                BalancerResources.of(
                    policy.loadBalancer(), destination.hashBalancePercent(), plan, clients))
            .setMetadata(Protos.metadata(metadata.build()));
    ConnectionResources.apply(policy.connectionPool(), port.protocol(), cluster);
    addRetryBudget(cluster, policy.retryBudget());
    addOutliers(cluster, policy);
    if (sticky) {
      SessionResources.keepWhileDraining(cluster);
    }
    if (clients == CapabilityClass.INMESH && plan.zoneAwareFrom() > 0) {
      // For balancers of ours, which have no such setting of their own.
      cluster
          .getCommonLbConfigBuilder()
          .getZoneAwareLbConfigBuilder()
          .setMinClusterSize(UInt64Value.of(plan.zoneAwareFrom()));
    }
    ClientTls tls = tls(service, port, policy);
    if (tls == null) {
      TlsResources.secure(cluster, service.peers(), settings.mesh(), clients);
    } else if (tls.credential() == null || clients != CapabilityClass.GRPC) {
      OriginationResources.secure(cluster, service, port, tls, settings, clients);
    }
    BackendPolicies.apply(destination.retries(), cluster, clients);
    EndpointPolicyResources.apply(
        destination.endpoints(), policy.outlierDetection(), port.protocol(), cluster, clients);
    if (tls != null && cannotBe(tls, clients)) {
      addNobody(cluster, name, clients);
    } else if (service.isWildcard()) {
      addCalled(cluster);
    } else if (service.selection() instanceof Selection.Dns dns) {
      addDns(cluster, name, port, dns, clients);
    } else {
      addEds(cluster, name);
    }
    return cluster.build();
  }

  /** What is said about TLS; null: nothing, so that mesh peers decide. */
  private static @Nullable ClientTls tls(
      MeshService service, MeshPort port, TrafficPolicySpec policy) {
    if (policy.tls() != null || port.protocol() != Protocol.HTTPS) {
      return policy.tls();
    }
    return service.peers().ids().isEmpty() ? OriginationResources.HTTPS : null;
  }

  /** Nobody can be believed, or there is nothing to show: stock gRPC has one certificate. */
  private static boolean cannotBe(ClientTls tls, CapabilityClass clients) {
    return tls.roots() instanceof ClientTls.Roots.Missing
        || (tls.credential() != null && clients == CapabilityClass.GRPC);
  }

  /** Nobody can be believed: better no endpoint than any. Stock gRPC knows no static clusters. */
  private static void addNobody(Cluster.Builder cluster, String name, CapabilityClass clients) {
    if (clients == CapabilityClass.GRPC) {
      addEds(cluster, Names.INVALID_BACKEND);
    } else {
      cluster
          .setType(Cluster.DiscoveryType.STATIC)
          .setLoadAssignment(ClusterLoadAssignment.newBuilder().setClusterName(name));
    }
  }

  /** The cluster that has no endpoints, whatever happens. */
  static Cluster invalidBackend() {
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(Names.INVALID_BACKEND)
            .setLoadBalancingPolicy(
                BalancerResources.of(null, 0, LocalityPlan.NONE, CapabilityClass.GRPC))
            .setMetadata(
                Protos.metadata(
                    Struct.newBuilder()
                        .putFields("status", Value.newBuilder().setNumberValue(500).build())
                        .build()));
    ConnectionResources.apply(null, Protocol.HTTP1, cluster);
    return addEds(cluster, Names.INVALID_BACKEND).build();
  }

  /** Like all limits, with load reports, without which stock gRPC counts nothing. */
  private static void addRetryBudget(
      Cluster.Builder cluster, TrafficPolicySpec.@Nullable RetryBudget budget) {
    if (budget == null) {
      return;
    }
    cluster.setLrsServer(ConfigSource.newBuilder().setSelf(SelfConfigSource.getDefaultInstance()));
    CircuitBreakers.Builder breakers = cluster.getCircuitBreakersBuilder();
    CircuitBreakers.Thresholds.Builder thresholds =
        breakers.getThresholdsCount() == 0
            ? breakers.addThresholdsBuilder()
            : breakers.getThresholdsBuilder(0);
    thresholds
        .getRetryBudgetBuilder()
        .setBudgetPercent(Percent.newBuilder().setValue(budget.percent()))
        .setMinRetryConcurrency(Protos.uint(budget.minConcurrency()));
  }

  /** With outlier detection there is no panic unless it is asked for, as with Istio. */
  private static void addOutliers(Cluster.Builder cluster, TrafficPolicySpec policy) {
    TrafficPolicySpec.OutlierDetection outliers = policy.outlierDetection();
    if (outliers != null) {
      cluster
          .setOutlierDetection(OutlierResources.of(outliers))
          .setCommonLbConfig(
              Cluster.CommonLbConfig.newBuilder()
                  .setHealthyPanicThreshold(
                      Percent.newBuilder().setValue(outliers.minHealthPercent())));
    }
  }

  private static Cluster.Builder addEds(Cluster.Builder cluster, String name) {
    return cluster
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder().setEdsConfig(Protos.ADS).setServiceName(name));
  }

  /** Each host that calls name is looked up; Istio's and Envoy's names and pauses. */
  private static void addCalled(Cluster.Builder cluster) {
    ClusterConfig config =
        ClusterConfig.newBuilder()
            .setDnsCacheConfig(
                DnsCacheConfig.newBuilder()
                    .setName("inmesh")
                    .setDnsLookupFamily(Cluster.DnsLookupFamily.V4_PREFERRED)
                    .setDnsRefreshRate(Protos.duration(Duration.ofSeconds(60)))
                    .setDnsFailureRefreshRate(FAILURE))
            .build();
    cluster
        .clearLoadBalancingPolicy()
        .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
        .setClusterType(
            Cluster.CustomClusterType.newBuilder()
                .setName("envoy.clusters.dynamic_forward_proxy")
                .setTypedConfig(Any.pack(config)));
  }

  /** Where calls to hosts go that nothing declares, if they may: to the host they name. */
  static Cluster passThrough() {
    return Cluster.newBuilder()
        .setName(Egress.PASSTHROUGH)
        .setType(Cluster.DiscoveryType.ORIGINAL_DST)
        .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
        .setConnectTimeout(Protos.duration(Duration.ofSeconds(10)))
        .putTypedExtensionProtocolOptions(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            Any.pack(
                HttpProtocolOptions.newBuilder()
                    .setAutoConfig(HttpProtocolOptions.AutoHttpConfig.getDefaultInstance())
                    .build()))
        .build();
  }

  /** Where they end, if they may not. */
  static Cluster blackHole() {
    return Cluster.newBuilder()
        .setName(Egress.BLACK_HOLE)
        .setType(Cluster.DiscoveryType.STATIC)
        .setConnectTimeout(Protos.duration(Duration.ofSeconds(10)))
        .setLoadAssignment(ClusterLoadAssignment.newBuilder().setClusterName(Egress.BLACK_HOLE))
        .build();
  }

  /** Stock gRPC knows only the kind that is one logical host. */
  private static void addDns(
      Cluster.Builder cluster,
      String name,
      MeshPort port,
      Selection.Dns dns,
      CapabilityClass clients) {
    boolean logical = dns.logical() || clients == CapabilityClass.GRPC;
    List<WorkloadEntrySpec> used = logical ? dns.targets().subList(0, 1) : dns.targets();
    LocalityLbEndpoints.Builder endpoints =
        LocalityLbEndpoints.newBuilder().setLoadBalancingWeight(Protos.uint(1));
    for (WorkloadEntrySpec target : used) {
      int number = EndpointResolver.number(port, target);
      endpoints.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setLoadBalancingWeight(Protos.uint(Math.max(1, target.weight())))
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setHostname(target.address())
                      .setAddress(
                          EndpointResources.address(
                              target.address(), number == 0 ? port.number() : number))));
    }
    addLookups(cluster);
    cluster
        .setType(logical ? Cluster.DiscoveryType.LOGICAL_DNS : Cluster.DiscoveryType.STRICT_DNS)
        .setLoadAssignment(
            ClusterLoadAssignment.newBuilder().setClusterName(name).addEndpoints(endpoints));
  }

  /** Istio's pauses, but 30 s where no time to live is known, as the JDK tells none. */
  @SuppressWarnings("deprecation") // the fields that clients of all ages read
  private static void addLookups(Cluster.Builder cluster) {
    cluster
        .setDnsRefreshRate(Protos.duration(Duration.ofSeconds(30)))
        .setRespectDnsTtl(true)
        .setDnsJitter(Protos.duration(Duration.ofMillis(100)))
        .setDnsFailureRefreshRate(FAILURE)
        .setDnsLookupFamily(Cluster.DnsLookupFamily.V4_PREFERRED);
  }
}

package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RoutePolicySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Services whose calls others take over while their own healthy endpoints are too few. Routes keep
 * naming the service's cluster, which becomes an aggregate: first the service's own endpoints,
 * under another name, then those of the others. Who takes over hands nothing on: where it has
 * others of its own, its own endpoints are meant. Immutable.
 */
final class Failovers {
  private final Map<String, List<String>> byHost = new HashMap<>();

  Failovers(
      ConfigSet config,
      ServiceCatalog catalog,
      PolicyIndex policies,
      Collection<Finding> findings) {
    BackendResolver backends = new BackendResolver(config, catalog, findings);
    for (MeshService service : catalog.services()) {
      Resource<RoutePolicySpec> policy = policies.ofService(service);
      EndpointPolicySpec spec = policy == null ? null : policy.spec().endpoints();
      if (policy != null && spec != null && !spec.failover().isEmpty()) {
        byHost.put(
            service.host(),
            clusters(policy.key(), spec.failover(), service, backends, catalog, findings));
      }
    }
    byHost.values().removeIf(List::isEmpty);
    byHost.replaceAll((host, clusters) -> clusters.stream().map(this::own).toList());
  }

  /** The clusters that take calls to a service over, in their order. */
  List<String> of(MeshService service) {
    return byHost.getOrDefault(service.host(), List.of());
  }

  private String own(String cluster) {
    return Names.parse(cluster).filter(name -> byHost.containsKey(name.host())).isPresent()
        ? Names.own(cluster)
        : cluster;
  }

  private static List<String> clusters(
      ResourceKey policy,
      List<BackendRef> refs,
      MeshService service,
      BackendResolver backends,
      ServiceCatalog catalog,
      Collection<Finding> findings) {
    List<String> clusters = new ArrayList<>();
    int index = 0;
    for (BackendRef ref : refs) {
      String pointer = "/spec/failover/" + index++;
      Optional<String> cluster = backends.other(policy, service, ref, pointer);
      Optional<String> why = cluster.flatMap(name -> impossible(service, name, catalog));
      why.ifPresent(
          reason ->
              findings.add(
                  Finding.of(
                      FindingCode.FAILOVER_NOT_POSSIBLE,
                      policy,
                      pointer,
                      ref.provenance(),
                      reason)));
      if (why.isEmpty()) {
        cluster.ifPresent(clusters::add);
      }
    }
    return clusters;
  }

  /** Clients reach all endpoints of a cluster in one way. Without instances none may be known. */
  private static Optional<String> impossible(
      MeshService service, String cluster, ServiceCatalog catalog) {
    Names.ClusterName name = Names.parse(cluster).orElseThrow();
    if (name.host().equals(service.host())) {
      return Optional.of("a service cannot take its own calls over");
    }
    MeshPort taking =
        Objects.requireNonNull(catalog.byHost(name.host())).port(name.port()).orElseThrow();
    return service.ports().stream().noneMatch(port -> alike(port, taking))
        ? Optional.of(
            name.host() + ":" + name.port() + " speaks another protocol than " + service.host())
        : Optional.empty();
  }

  private static boolean alike(MeshPort one, MeshPort other) {
    return !one.protocolDeclared()
        || !other.protocolDeclared()
        || one.protocol().http2() == other.protocol().http2();
  }

  /**
   * The cluster that routes name, for one whose calls others take over.
   *
   * @param own that of the service's own endpoints, still under the name that routes use
   */
  static Cluster aggregate(Cluster own, List<String> others, CapabilityClass clients) {
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(own.getName())
            .setMetadata(own.getMetadata())
            .putAllTypedExtensionProtocolOptions(own.getTypedExtensionProtocolOptionsMap())
            .setClusterType(
                Cluster.CustomClusterType.newBuilder()
                    .setName("envoy.clusters.aggregate")
                    .setTypedConfig(
                        Any.pack(
                            ClusterConfig.newBuilder()
                                .addClusters(Names.own(own.getName()))
                                .addAllClusters(others)
                                .build())));
    if (own.hasConnectTimeout()) {
      cluster.setConnectTimeout(own.getConnectTimeout());
    }
    if (own.hasCircuitBreakers()) {
      cluster.setCircuitBreakers(own.getCircuitBreakers());
    }
    if (own.hasLrsServer()) {
      cluster.setLrsServer(own.getLrsServer());
    }
    if (clients == CapabilityClass.GRPC) {
      // Versions of stock gRPC before A75 balance by what this one says, later ones by the parts.
      cluster.setLoadBalancingPolicy(own.getLoadBalancingPolicy());
    } else {
      cluster.setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED);
    }
    return cluster.build();
  }
}

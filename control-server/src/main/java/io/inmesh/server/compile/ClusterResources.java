package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.server.config.WorkloadEntrySpec;
import java.time.Duration;
import java.util.List;

/**
 * CDS. The balancer is a list that clients read until they find one they know: least request, else
 * round robin, which is also what the old {@code lb_policy} field says to those that read only it.
 */
final class ClusterResources {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final String PROTOCOL_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private static final LoadBalancingPolicy LEAST_REQUEST =
      LoadBalancingPolicy.newBuilder()
          .addPolicies(
              LoadBalancingPolicy.Policy.newBuilder()
                  .setTypedExtensionConfig(
                      Protos.extension(
                          "envoy.load_balancing_policies.least_request",
                          LeastRequest.newBuilder().setChoiceCount(Protos.uint(2)).build())))
          .addPolicies(
              LoadBalancingPolicy.Policy.newBuilder()
                  .setTypedExtensionConfig(
                      Protos.extension(
                          "envoy.load_balancing_policies.round_robin",
                          RoundRobin.getDefaultInstance())))
          .build();

  private static final Any HTTP1 =
      protocolOptions(
          HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()));
  private static final Any HTTP2 =
      protocolOptions(
          HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
              .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()));

  private ClusterResources() {}

  static Cluster of(MeshService service, MeshPort port, CapabilityClass clients) {
    String name = Names.cluster(service, port);
    Cluster.Builder cluster =
        base(name)
            .putTypedExtensionProtocolOptions(
                PROTOCOL_OPTIONS, port.protocol().http2() ? HTTP2 : HTTP1)
            .setMetadata(
                Protos.metadata(
                    Struct.newBuilder()
                        .putFields("namespace", Protos.text(service.namespace()))
                        .putFields("service", Protos.text(service.host()))
                        .build()));
    if (service.selection() instanceof Selection.Dns dns) {
      addDns(cluster, name, port, dns.targets(), clients);
    } else {
      addEds(cluster, name);
    }
    return cluster.build();
  }

  /** The cluster that has no endpoints, whatever happens. */
  static Cluster invalidBackend() {
    return addEds(base(Names.INVALID_BACKEND), Names.INVALID_BACKEND)
        .setMetadata(
            Protos.metadata(
                Struct.newBuilder()
                    .putFields("status", Value.newBuilder().setNumberValue(500).build())
                    .build()))
        .build();
  }

  private static Cluster.Builder base(String name) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(Protos.duration(CONNECT_TIMEOUT))
        .setLoadBalancingPolicy(LEAST_REQUEST);
  }

  private static Cluster.Builder addEds(Cluster.Builder cluster, String name) {
    return cluster
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder().setEdsConfig(Protos.ADS).setServiceName(name));
  }

  /** Stock gRPC knows only the kind that has one name. */
  private static void addDns(
      Cluster.Builder cluster,
      String name,
      MeshPort port,
      List<WorkloadEntrySpec> targets,
      CapabilityClass clients) {
    List<WorkloadEntrySpec> used =
        clients == CapabilityClass.GRPC ? targets.subList(0, 1) : targets;
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
    cluster
        .setType(
            used.size() == 1 ? Cluster.DiscoveryType.LOGICAL_DNS : Cluster.DiscoveryType.STRICT_DNS)
        .setLoadAssignment(
            ClusterLoadAssignment.newBuilder().setClusterName(name).addEndpoints(endpoints));
  }

  private static Any protocolOptions(HttpProtocolOptions.ExplicitHttpConfig.Builder config) {
    return Any.pack(HttpProtocolOptions.newBuilder().setExplicitHttpConfig(config).build());
  }
}

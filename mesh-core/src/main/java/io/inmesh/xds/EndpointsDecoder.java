package io.inmesh.xds;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.inmesh.model.Cluster.Drop;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Endpoints. Addresses are IP literals except in DNS clusters. */
final class EndpointsDecoder {
  private static final int MAX_ENDPOINTS = 100_000;
  private static final int MAX_PRIORITY = 127;
  private static final List<String> NAMESPACES =
      List.of("envoy.transport_socket_match", "envoy.lb", "istio", "inmesh");

  private final Decoding decoding;
  private final boolean names;
  private int endpoints;

  private EndpointsDecoder(Decoding decoding, boolean names) {
    this.decoding = decoding;
    this.names = names;
  }

  /** A resource of its own. */
  static EndpointsResource decode(ClusterLoadAssignment assignment, Decoding decoding)
      throws Rejection {
    decoding.audited(assignment, FieldPath.ROOT);
    if (assignment.getClusterName().isEmpty()) {
      throw new Rejection(FieldPath.ROOT.field("cluster_name"), "is empty");
    }
    return new EndpointsDecoder(decoding, false).endpoints(assignment, FieldPath.ROOT);
  }

  /**
   * The endpoints inside a cluster, which was audited.
   *
   * @param names whether host names are accepted
   */
  static EndpointsResource inline(
      ClusterLoadAssignment assignment, boolean names, Decoding decoding, FieldPath path)
      throws Rejection {
    return new EndpointsDecoder(decoding, names).endpoints(assignment, path);
  }

  private EndpointsResource endpoints(ClusterLoadAssignment assignment, FieldPath path)
      throws Rejection {
    List<LocalityEndpoints> localities = new ArrayList<>(assignment.getEndpointsCount());
    BitSet priorities = new BitSet();
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      LocalityEndpoints decoded = locality(assignment.getEndpoints(i), path.field("endpoints", i));
      priorities.set(decoded.priority());
      localities.add(decoded);
    }
    if (priorities.cardinality() != priorities.length()) {
      throw new Rejection(path.field("endpoints"), "priorities have a gap");
    }
    FieldPath policyAt = path.field("policy");
    int overprovisioning =
        decoding.number(
            assignment.getPolicy().hasOverprovisioningFactor(),
            assignment.getPolicy().getOverprovisioningFactor(),
            EndpointsResource.OVERPROVISIONING,
            policyAt.field("overprovisioning_factor"));
    if (overprovisioning == 0) {
      throw new Rejection(policyAt.field("overprovisioning_factor"), "must be larger than zero");
    }
    List<Drop> drops = new ArrayList<>();
    for (int i = 0; i < assignment.getPolicy().getDropOverloadsCount(); i++) {
      var drop = assignment.getPolicy().getDropOverloads(i);
      FieldPath at = policyAt.field("drop_overloads", i).field("drop_percentage");
      drops.add(new Drop(drop.getCategory(), MatchDecoder.fraction(drop.getDropPercentage(), at)));
    }
    return new EndpointsResource(assignment.getClusterName(), localities, overprovisioning, drops);
  }

  private LocalityEndpoints locality(LocalityLbEndpoints proto, FieldPath path) throws Rejection {
    int priority = proto.getPriority();
    if (priority < 0 || priority > MAX_PRIORITY) {
      throw new Rejection(path.field("priority"), "must be at most " + MAX_PRIORITY);
    }
    endpoints += proto.getLbEndpointsCount();
    if (endpoints > MAX_ENDPOINTS) {
      throw new Rejection(path.field("lb_endpoints"), "more than " + MAX_ENDPOINTS + " in all");
    }
    List<Endpoint> decoded = new ArrayList<>(proto.getLbEndpointsCount());
    for (int i = 0; i < proto.getLbEndpointsCount(); i++) {
      decoded.add(endpoint(proto.getLbEndpoints(i), path.field("lb_endpoints", i)));
    }
    return new LocalityEndpoints(
        new Locality(
            proto.getLocality().getRegion(),
            proto.getLocality().getZone(),
            proto.getLocality().getSubZone()),
        priority,
        decoding.number(
            proto.hasLoadBalancingWeight(),
            proto.getLoadBalancingWeight(),
            0,
            path.field("load_balancing_weight")),
        decoded);
  }

  private Endpoint endpoint(LbEndpoint proto, FieldPath path) throws Rejection {
    int weight =
        decoding.number(
            proto.hasLoadBalancingWeight(),
            proto.getLoadBalancingWeight(),
            1,
            path.field("load_balancing_weight"));
    if (weight == 0) {
      throw new Rejection(path.field("load_balancing_weight"), "must be at least 1");
    }
    Endpoint.Health health =
        switch (proto.getHealthStatus()) {
          case UNKNOWN, HEALTHY -> Endpoint.Health.HEALTHY;
          case DEGRADED -> Endpoint.Health.DEGRADED;
          case DRAINING -> Endpoint.Health.DRAINING;
          // What a later version may mean is not known: such a host is not used.
          default -> Endpoint.Health.UNHEALTHY;
        };
    InetSocketAddress address =
        address(
            proto.getEndpoint().getAddress().getSocketAddress(),
            path.field("endpoint").field("address").field("socket_address"));
    return new Endpoint(
        address,
        weight,
        health,
        proto.getEndpoint().getHostname(),
        metadata(proto.getMetadata()),
        probing(proto.getEndpoint(), address, path.field("endpoint").field("health_check_config")));
  }

  /** An address of its own counts before a port of its own. */
  private Endpoint.Probing probing(
      io.envoyproxy.envoy.config.endpoint.v3.Endpoint proto,
      InetSocketAddress called,
      FieldPath path)
      throws Rejection {
    if (!proto.hasHealthCheckConfig()) {
      return Endpoint.Probing.DEFAULT;
    }
    var config = proto.getHealthCheckConfig();
    InetSocketAddress elsewhere = null;
    if (config.hasAddress()) {
      elsewhere =
          address(
              config.getAddress().getSocketAddress(),
              path.field("address").field("socket_address"));
    } else if (config.getPortValue() != 0) {
      elsewhere =
          address(
              SocketAddress.newBuilder()
                  .setAddress(called.getHostString())
                  .setPortValue(config.getPortValue())
                  .build(),
              path);
    }
    return new Endpoint.Probing(
        config.getDisableActiveHealthCheck(), elsewhere, config.getHostname());
  }

  private InetSocketAddress address(SocketAddress proto, FieldPath path) throws Rejection {
    if (proto.getProtocol() != SocketAddress.Protocol.TCP) {
      throw new Rejection(path.field("protocol"), "must be TCP");
    }
    int port = proto.getPortValue();
    if (port < 1 || port > 65_535) {
      throw new Rejection(path.field("port_value"), "is no port");
    }
    String host = proto.getAddress();
    if (host.length() <= 45 && InetAddresses.isInetAddress(host)) {
      return new InetSocketAddress(InetAddresses.forString(host), port);
    }
    if (names && hostName(host)) {
      return InetSocketAddress.createUnresolved(host, port);
    }
    throw new Rejection(
        path.field("address"), names ? "is no host name and no IP address" : "is no IP address");
  }

  private static boolean hostName(String host) {
    if (host.isEmpty() || host.length() > 253) {
      return false;
    }
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
          && "-._".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, String> metadata(Metadata proto) {
    if (proto.getFilterMetadataCount() == 0) {
      return Map.of();
    }
    Map<String, String> flat = new HashMap<>();
    for (String namespace : NAMESPACES) {
      Struct struct = proto.getFilterMetadataOrDefault(namespace, Struct.getDefaultInstance());
      for (Map.Entry<String, Value> field : struct.getFieldsMap().entrySet()) {
        if (field.getValue().hasStringValue()) {
          flat.put(field.getKey(), field.getValue().getStringValue());
        }
      }
    }
    return flat;
  }
}

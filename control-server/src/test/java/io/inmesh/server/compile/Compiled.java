package io.inmesh.server.compile;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What a compiler emitted, as one client sees it. Everything is checked against the rules. */
record Compiled(SortedMap<XdsKey, Message> resources, List<Finding> findings, List<View> views) {

  static Compiled compile(ConfigSet config, RegistrySnapshot registry) {
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(config);
    compiler.registryChanged(registry, registry.services().keySet());
    return of(compiler);
  }

  static Compiled of(MeshCompiler compiler) {
    StockClientRules.check(compiler.resources());
    return new Compiled(
        compiler.resources(),
        compiler.findings(),
        View.lookupOrder(CapabilityClass.INMESH, "default"));
  }

  Compiled seenBy(CapabilityClass clients, String namespace) {
    return new Compiled(resources, findings, View.lookupOrder(clients, namespace));
  }

  @Nullable Message find(XdsType type, String name) {
    for (View view : views) {
      Message found = resources.get(new XdsKey(type, name, view));
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  Listener listener(String name) {
    return (Listener) get(XdsType.LISTENER, name);
  }

  Cluster cluster(String name) {
    return (Cluster) get(XdsType.CLUSTER, name);
  }

  ClusterLoadAssignment assignment(String name) {
    return (ClusterLoadAssignment) get(XdsType.ENDPOINTS, name);
  }

  RouteConfiguration routeConfiguration(String name) {
    return (RouteConfiguration) get(XdsType.ROUTES, name);
  }

  List<Route> routes(String name) {
    return routeConfiguration(name).getVirtualHosts(0).getRoutesList();
  }

  /** The findings that are more than remarks. */
  List<Finding> problems() {
    return findings.stream().filter(f -> f.level() != Finding.Level.INFO).toList();
  }

  /** Each endpoint as {@code address:port HEALTH}. */
  List<String> endpoints(String cluster) {
    List<String> all = new ArrayList<>();
    for (LocalityLbEndpoints locality : assignment(cluster).getEndpointsList()) {
      for (LbEndpoint endpoint : locality.getLbEndpointsList()) {
        var address = endpoint.getEndpoint().getAddress().getSocketAddress();
        all.add(
            address.getAddress() + ":" + address.getPortValue() + " " + endpoint.getHealthStatus());
      }
    }
    return all;
  }

  private Message get(XdsType type, String name) {
    Message found = find(type, name);
    if (found == null) {
      throw new AssertionError("no " + type + " " + name + " in " + resources.keySet());
    }
    return found;
  }
}

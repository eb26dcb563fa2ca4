package io.inmesh.server.admin;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.compile.CapabilityClass;
import io.inmesh.server.compile.View;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.ServiceKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The services of the mesh as clients are told of them: read from the resources themselves. */
final class ServiceView {
  private static final List<String> VIEWS =
      View.lookupOrder(CapabilityClass.INMESH, "default").stream().map(View::toString).toList();

  private ServiceView() {}

  static List<Map<String, Object>> all(AdminSource source) {
    Map<String, Map<Integer, Map<String, Object>>> hosts = new TreeMap<>();
    for (String cluster : source.store().names(TypeUrl.CLUSTER)) {
      String[] parts = cluster.split("\\|", -1);
      if (parts.length == 4 && parts[0].equals("outbound") && parts[2].isEmpty()) {
        hosts
            .computeIfAbsent(parts[3], h -> new TreeMap<>())
            .put(Integer.parseInt(parts[1]), endpoints(source.store(), cluster));
      }
    }
    List<Map<String, Object>> services = new ArrayList<>();
    hosts.forEach((host, ports) -> services.add(service(source, host, ports)));
    return services;
  }

  private static Map<String, Object> service(
      AdminSource source, String host, Map<Integer, Map<String, Object>> ports) {
    Map<String, Object> out = new LinkedHashMap<>();
    String suffix = "." + source.config().meshDefaults().domainSuffix();
    String[] name =
        host.endsWith(suffix)
            ? host.substring(0, host.length() - suffix.length()).split("\\.", -1)
            : new String[0];
    out.put("host", host);
    if (name.length == 2) {
      out.put("name", name[0]);
      out.put("namespace", name[1]);
      Map<String, Integer> versions = new TreeMap<>();
      for (RegisteredInstance instance :
          source.registry().snapshot().instances(new ServiceKey(name[1], name[0]))) {
        versions.merge(instance.instance().labels().getOrDefault("version", ""), 1, Integer::sum);
      }
      out.put("versions", versions);
    }
    List<Map<String, Object>> portViews = new ArrayList<>();
    ports.forEach(
        (port, endpoints) -> {
          Map<String, Object> view = new LinkedHashMap<>();
          view.put("port", port);
          view.putAll(endpoints);
          portViews.add(view);
        });
    out.put("ports", portViews);
    return out;
  }

  private static Map<String, Object> endpoints(ResourceStore store, String cluster) {
    Map<String, Integer> byHealth = new TreeMap<>();
    int total = 0;
    for (LocalityLbEndpoints locality : assignment(store, cluster).getEndpointsList()) {
      for (LbEndpoint endpoint : locality.getLbEndpointsList()) {
        total++;
        HealthStatus health = endpoint.getHealthStatus();
        byHealth.merge(health.name(), 1, Integer::sum);
      }
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("endpoints", total);
    out.put("health", byHealth);
    return out;
  }

  private static ClusterLoadAssignment assignment(ResourceStore store, String cluster) {
    var packed = store.find(TypeUrl.ENDPOINTS, cluster, VIEWS);
    try {
      return packed.isPresent()
          ? packed.get().unpack(ClusterLoadAssignment.class)
          : ClusterLoadAssignment.getDefaultInstance();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("not an assignment: " + cluster, e);
    }
  }
}

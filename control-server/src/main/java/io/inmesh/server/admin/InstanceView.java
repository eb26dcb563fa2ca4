package io.inmesh.server.admin;

import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.InstancePort;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.LinkedHashMap;
import java.util.Map;

/** Instances as JSON. */
final class InstanceView {
  private InstanceView() {}

  static Map<String, Object> key(InstanceKey key) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("namespace", key.namespace());
    out.put("service", key.service());
    out.put("id", key.id());
    return out;
  }

  static Map<String, Object> of(RegisteredInstance registered) {
    Instance instance = registered.instance();
    Map<String, Object> out = key(instance.key());
    out.put("health", registered.health().name());
    out.put("lease", registered.lease().name());
    out.put("kind", registered.kind().name());
    out.put("epoch", registered.epoch());
    out.put("registeredAt", registered.registeredAt().toString());
    out.put("address", instance.address());
    out.put("ports", instance.ports().stream().map(InstanceView::port).toList());
    out.put("labels", instance.labels());
    Map<String, Object> locality = new LinkedHashMap<>();
    locality.put("region", instance.locality().region());
    locality.put("zone", instance.locality().zone());
    locality.put("subzone", instance.locality().subzone());
    out.put("locality", locality);
    out.put("weight", instance.weight());
    return out;
  }

  private static Map<String, Object> port(InstancePort port) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", port.name());
    out.put("appProtocol", port.appProtocol());
    out.put("servicePort", port.servicePort());
    out.put("instancePort", port.instancePort());
    return out;
  }
}

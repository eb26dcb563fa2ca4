package io.inmesh.server.compile;

import io.inmesh.server.config.Provenance;
import io.inmesh.server.registry.InstancePort;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.ServiceKey;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Services nobody declared: an instance registered under a name that no Service selects. */
final class ImplicitServices {
  private ImplicitServices() {}

  /** The service of this name with the ports its instances declare. */
  static MeshService of(ServiceKey key, String suffix, List<RegisteredInstance> instances) {
    SortedMap<Integer, MeshPort> ports = new TreeMap<>();
    for (RegisteredInstance instance : instances) {
      for (InstancePort port : instance.instance().ports()) {
        ports.putIfAbsent(
            port.servicePort(),
            new MeshPort(
                port.servicePort(), port.name(), Protocol.HTTP1, false, MeshPort.INSTANCE_DECIDES));
      }
    }
    return new MeshService(
        DeclaredServices.host(key.service(), key.namespace(), suffix),
        key.namespace(),
        key.service(),
        List.copyOf(ports.values()),
        new Selection.Registered(key),
        false,
        "",
        null,
        Provenance.UNKNOWN);
  }
}

package io.inmesh.server.compile;

import java.util.NavigableSet;
import java.util.TreeSet;

/** The ports processes of the mesh may listen on: what instances registered and Services target. */
final class ServerPorts {
  private ServerPorts() {}

  static NavigableSet<Integer> of(ServiceCatalog catalog, NavigableSet<Integer> registered) {
    NavigableSet<Integer> ports = new TreeSet<>(registered);
    for (MeshService service : catalog.services()) {
      if (service.isDns()) {
        continue;
      }
      for (MeshPort port : service.ports()) {
        if (port.protocol().routable() && port.target().number() > 0) {
          ports.add(port.target().number());
        }
      }
    }
    return ports;
  }
}

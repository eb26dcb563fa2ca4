package io.inmesh.server.compile;

import io.inmesh.server.config.PeerAuthenticationSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.List;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The ports on which processes of the mesh may listen and for which something may be said: what
 * instances registered, Services target and policies list.
 */
final class ServerPorts {
  private ServerPorts() {}

  static NavigableSet<Integer> of(
      ServiceCatalog catalog,
      NavigableSet<Integer> registered,
      List<Resource<PeerAuthenticationSpec>> policies) {
    NavigableSet<Integer> ports = new TreeSet<>(registered);
    policies.forEach(policy -> ports.addAll(policy.spec().ports().keySet()));
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

  /**
   * Where the servers of a service listen for one of its ports: as they say themselves, or as is
   * declared while none of them is known; empty if only they can say.
   */
  static SortedSet<Integer> of(
      MeshPort port,
      List<RegisteredInstance> instances,
      List<Resource<WorkloadEntrySpec>> workloads) {
    SortedSet<Integer> ports = new TreeSet<>();
    for (RegisteredInstance one : instances) {
      EndpointResolver.port(port, one.instance()).ifPresent(p -> ports.add(p.instancePort()));
    }
    workloads.forEach(one -> ports.add(EndpointResolver.number(port, one.spec())));
    if (ports.isEmpty()) {
      ports.add(port.target().number());
    }
    ports.remove(0); // who does not serve it, and a name that nobody announces
    return ports;
  }
}

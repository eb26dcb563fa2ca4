package io.inmesh.server.compile;

import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The endpoints of one service port.
 *
 * @param cluster the name of their cluster
 * @param endpoints in a fixed order, each address and port once
 */
record EndpointSet(String cluster, List<MeshEndpoint> endpoints) {
  private record Address(String address, int port) {}

  /**
   * Everyone who answers on a port.
   *
   * @param workloads the WorkloadEntries the service selects
   */
  static EndpointSet of(
      MeshService service,
      MeshPort port,
      List<RegisteredInstance> instances,
      List<Resource<WorkloadEntrySpec>> workloads) {
    List<MeshEndpoint> all = new ArrayList<>();
    for (RegisteredInstance instance : instances) {
      EndpointResolver.endpoint(service, port, instance).ifPresent(all::add);
    }
    for (Resource<WorkloadEntrySpec> workload : workloads) {
      EndpointResolver.endpoint(service, port, workload.key(), workload.spec()).ifPresent(all::add);
    }
    if (service.selection() instanceof Selection.Listed listed) {
      ResourceKey declaredBy = Objects.requireNonNull(service.declaredBy());
      for (WorkloadEntrySpec entry : listed.endpoints()) {
        EndpointResolver.endpoint(service, port, declaredBy, entry).ifPresent(all::add);
      }
    }
    all.sort(null);
    Set<Address> seen = new HashSet<>();
    all.removeIf(endpoint -> !seen.add(new Address(endpoint.address(), endpoint.port())));
    return new EndpointSet(Names.cluster(service, port), List.copyOf(all));
  }
}

package io.inmesh.server.compile;

import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The endpoints of one service port.
 *
 * @param cluster the name of their cluster
 * @param endpoints in a fixed order, each address and port once
 */
record EndpointSet(String cluster, List<MeshEndpoint> endpoints) {
  /**
   * Everyone who answers on a port. Of several registrations at one address the newest counts: the
   * others are of processes that are gone. Where an operator declares an address that also
   * registered, the operator's weight and locality go before the claim.
   *
   * @param instances in a fixed order
   * @param workloads the WorkloadEntries the service selects
   */
  static EndpointSet of(
      MeshService service,
      MeshPort port,
      List<RegisteredInstance> instances,
      List<Resource<WorkloadEntrySpec>> workloads) {
    Collector collector = new Collector();
    List<RegisteredInstance> newestFirst = new ArrayList<>(instances);
    newestFirst.sort(Comparator.comparingLong(RegisteredInstance::epoch).reversed());
    for (RegisteredInstance instance : newestFirst) {
      EndpointResolver.endpoint(service, port, instance).ifPresent(collector::registered);
    }
    for (Resource<WorkloadEntrySpec> workload : workloads) {
      EndpointResolver.endpoint(service, port, workload.key(), workload.spec())
          .ifPresent(collector::declared);
    }
    if (service.selection() instanceof Selection.Listed listed) {
      ResourceKey declaredBy = Objects.requireNonNull(service.declaredBy());
      for (WorkloadEntrySpec entry : listed.endpoints()) {
        EndpointResolver.endpoint(service, port, declaredBy, entry).ifPresent(collector::declared);
      }
    }
    List<MeshEndpoint> endpoints = new ArrayList<>(collector.byAddress.values());
    endpoints.sort(null);
    return new EndpointSet(Names.cluster(service, port), List.copyOf(endpoints));
  }

  /** One endpoint per address. */
  private static final class Collector {
    private record Address(String address, int port) {}

    private final Map<Address, MeshEndpoint> byAddress = new HashMap<>();

    void registered(MeshEndpoint endpoint) {
      byAddress.putIfAbsent(address(endpoint), endpoint);
    }

    void declared(MeshEndpoint endpoint) {
      byAddress.merge(
          address(endpoint),
          endpoint,
          (known, operators) ->
              known.withLocalityAndWeight(operators.locality(), operators.weight()));
    }

    private static Address address(MeshEndpoint endpoint) {
      return new Address(endpoint.address(), endpoint.port());
    }
  }
}

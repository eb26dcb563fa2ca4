package io.inmesh.server.compile;

import io.inmesh.model.Locality;
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
import java.util.SortedMap;

/**
 * The endpoints of one cluster, as callers in one place see them.
 *
 * @param cluster the name of their cluster
 * @param view whom they are for
 * @param endpoints in a fixed order, each address and port once
 * @param plan how they are ranked
 * @param caller the place they are ranked for; unknown: anywhere
 * @param dropPercent callers drop so many of their calls
 */
record EndpointSet(
    String cluster,
    View view,
    List<MeshEndpoint> endpoints,
    LocalityPlan plan,
    Locality caller,
    int dropPercent) {
  /** Endpoints that everybody sees alike. */
  EndpointSet(String cluster, List<MeshEndpoint> endpoints) {
    this(cluster, View.ALL, endpoints, LocalityPlan.NONE, Locality.UNKNOWN, 0);
  }

  XdsKey key() {
    return new XdsKey(XdsType.ENDPOINTS, cluster, view);
  }

  /**
   * Everyone who answers on a port. Of several registrations at one address the newest counts: the
   * others are of processes that are gone. Where an operator declares an address that also
   * registered, the operator's weight and locality go before the claim.
   *
   * @param instances in a fixed order
   * @param workloads the WorkloadEntries the service selects
   */
  static List<MeshEndpoint> endpoints(
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
    return List.copyOf(endpoints);
  }

  /**
   * What callers see of a port's endpoints: a set for each subset, for all callers that see
   * something of their own, and for each place where they are ranked differently.
   *
   * @param all the endpoints of the port
   * @param destinations what callers make of the service, the wider ones first
   */
  static List<EndpointSet> of(
      MeshService service,
      MeshPort port,
      List<MeshEndpoint> all,
      SortedMap<Clients, Destination> destinations) {
    record Seen(List<MeshEndpoint> endpoints, LocalityPlan plan, int dropPercent) {
      EndpointSet by(View view, Locality caller, String cluster) {
        return new EndpointSet(cluster, view, endpoints, plan, caller, dropPercent);
      }
    }
    Map<String, Map<Clients, Seen>> known = new HashMap<>();
    List<EndpointSet> sets = new ArrayList<>();
    destinations.forEach(
        (clients, destination) ->
            destination
                .parts()
                .forEach(
                    (name, subset) -> {
                      String cluster = Names.cluster(service, port, name);
                      Seen seen =
                          new Seen(
                              all.stream().filter(subset::has).toList(),
                              LocalityPlan.of(destination.policy(port.number(), subset), service),
                              destination.dropPercent());
                      Map<Clients, Seen> others =
                          known.computeIfAbsent(cluster, c -> new HashMap<>());
                      if (seen.equals(clients.find(others))) {
                        return;
                      }
                      others.put(clients, seen);
                      View view = clients.in(View.ALL);
                      sets.add(seen.by(view, Locality.UNKNOWN, cluster));
                      for (String place : seen.plan().callers(seen.endpoints())) {
                        sets.add(seen.by(view.at(place), LocalityPlan.place(place), cluster));
                      }
                    }));
    return sets;
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

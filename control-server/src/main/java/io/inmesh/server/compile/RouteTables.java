package io.inmesh.server.compile;

import io.inmesh.server.compile.RouteParents.Attachment;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RouteSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The route tables of a mesh. A route in the namespace of its service is the producer's and for all
 * clients; one in another namespace is a consumer's: it is for the clients of that namespace only
 * and replaces the producer's routes for them. On one port GRPCRoutes go before HTTPRoutes, which
 * are refused there, and both before VirtualServices.
 */
final class RouteTables {
  private static final String EVERYONE = "";

  private final ConfigSet config;
  private final ServiceCatalog catalog;
  private final Collection<Workload> workloads;
  private final Collection<Finding> findings = new LinkedHashSet<>();
  private final RouteCandidates candidates;
  private final VirtualServices virtualServices;
  private final VirtualServiceRules virtualRules;

  /** Namespaces where a destination's subsets depend on who calls. */
  private final Set<String> tellingWorkloadsApart;

  private RouteTables(
      ConfigSet config,
      ServiceCatalog catalog,
      Destinations destinations,
      Collection<Workload> workloads) {
    this.config = config;
    this.catalog = catalog;
    this.workloads = workloads;
    tellingWorkloadsApart = Destinations.tellingWorkloadsApart(config);
    BackendResolver backends = new BackendResolver(config, catalog, findings);
    PolicyIndex policies = new PolicyIndex(config, catalog, findings);
    // What is wrong with these policies is reported where clusters are compiled.
    Sessions sessions =
        new Sessions(config, new BackendPolicies(config, catalog, new ArrayList<>()));
    candidates = new RouteCandidates(config, backends, policies, sessions, findings);
    virtualServices = new VirtualServices(config, catalog, findings);
    virtualRules =
        new VirtualServiceRules(
            config, catalog, destinations, policies, sessions, backends, findings);
  }

  /**
   * One table for each routed port, and one for all clients that have their own.
   *
   * @param workloads those known that VirtualServices may tell apart
   */
  static List<RouteTable> of(
      ConfigSet config,
      ServiceCatalog catalog,
      Destinations destinations,
      Collection<Workload> workloads,
      Collection<Finding> findings) {
    RouteTables tables = new RouteTables(config, catalog, destinations, workloads);
    List<RouteTable> all = tables.build();
    findings.addAll(tables.findings);
    return all;
  }

  private List<RouteTable> build() {
    Map<Attachment, SortedMap<String, List<Resource<? extends RouteSpec>>>> attached = attach();
    List<RouteTable> tables = new ArrayList<>();
    for (MeshService service : catalog.services()) {
      for (MeshPort port : service.ports()) {
        if (!port.protocol().routable()) {
          continue;
        }
        SortedMap<String, List<Resource<? extends RouteSpec>>> routes =
            attached.getOrDefault(new Attachment(service, port), new TreeMap<>());
        if (routes.containsKey(EVERYONE)) {
          noteOverruled(service, port, routes.get(EVERYONE).get(0));
        } else {
          tables.addAll(withoutRoutes(service, port, routes.keySet()));
        }
        routes.forEach(
            (namespace, group) ->
                tables.add(
                    new RouteTable(
                        service, port, Clients.of(namespace), rules(service, port, group))));
      }
    }
    return tables;
  }

  /** By the VirtualServices in force, or else to the service itself. */
  private List<RouteTable> withoutRoutes(
      MeshService service, MeshPort port, Set<String> otherwise) {
    List<RouteTable> tables = new ArrayList<>();
    RouteTable others = table(service, port, Clients.OTHERS);
    tables.add(others);
    Map<String, List<RouteRule>> byNamespace = new HashMap<>();
    for (String namespace : virtualServices.namespaces(service)) {
      if (!otherwise.contains(namespace)) {
        RouteTable own = table(service, port, Clients.of(namespace));
        if (!own.rules().equals(others.rules())) {
          byNamespace.put(namespace, own.rules());
          tables.add(own);
        }
      }
    }
    boolean apart = virtualServices.tellsWorkloadsApart(service);
    for (Workload workload : workloads) {
      String namespace = workload.namespace();
      if ((apart || tellingWorkloadsApart.contains(namespace)) && !otherwise.contains(namespace)) {
        RouteTable own = table(service, port, Clients.of(workload));
        if (!own.rules().equals(byNamespace.getOrDefault(namespace, others.rules()))) {
          tables.add(own);
        }
      }
    }
    return tables;
  }

  private RouteTable table(MeshService service, MeshPort port, Clients clients) {
    List<RouteRule> rules =
        virtualServices
            .of(service, clients.namespace())
            .map(found -> virtualRules.of(found.rules(), service, port, clients))
            .orElseGet(() -> List.of(candidates.defaults(service, port)));
    return new RouteTable(service, port, clients, rules);
  }

  private void noteOverruled(MeshService service, MeshPort port, Resource<?> route) {
    virtualServices
        .of(service, EVERYONE)
        .ifPresent(
            loser ->
                findings.add(
                    Finding.of(
                            FindingCode.VIRTUAL_SERVICE_OVERRULED,
                            loser.resource().key(),
                            "/spec/hosts",
                            loser.resource().provenance(),
                            "port "
                                + port.number()
                                + " of "
                                + service.host()
                                + " has "
                                + route.key()
                                + ", which goes before: this one has no effect there")
                        .withHint("write one kind of route for a port")));
  }

  /** Routes by port and by the namespace of the clients they are for. */
  private Map<Attachment, SortedMap<String, List<Resource<? extends RouteSpec>>>> attach() {
    RouteParents parents = new RouteParents(catalog, findings);
    Map<Attachment, SortedMap<String, List<Resource<? extends RouteSpec>>>> attached =
        new HashMap<>();
    List<Resource<? extends RouteSpec>> oldestFirst =
        Stream.<Resource<? extends RouteSpec>>concat(
                config.grpcRoutes().stream(), config.httpRoutes().stream())
            .sorted(Age.OLDEST_FIRST)
            .toList();
    for (Resource<? extends RouteSpec> route : oldestFirst) {
      for (Attachment attachment : parents.of(route)) {
        String namespace = route.key().namespace();
        String clients = namespace.equals(attachment.service().namespace()) ? EVERYONE : namespace;
        attached
            .computeIfAbsent(attachment, a -> new TreeMap<>())
            .computeIfAbsent(clients, c -> new ArrayList<>())
            .add(route);
      }
    }
    return attached;
  }

  private List<RouteRule> rules(
      MeshService service, MeshPort port, List<Resource<? extends RouteSpec>> routes) {
    List<Candidate> all = new ArrayList<>();
    for (Resource<? extends RouteSpec> route : withoutConflicts(service, port, routes)) {
      all.addAll(candidates.of(route, service));
    }
    all.sort(Candidate.PRECEDENCE);
    Unreachable.find(all, findings);
    return all.stream().map(Candidate::rule).toList();
  }

  private List<Resource<? extends RouteSpec>> withoutConflicts(
      MeshService service, MeshPort port, List<Resource<? extends RouteSpec>> routes) {
    Optional<Resource<? extends RouteSpec>> grpc =
        routes.stream().filter(RouteTables::isGrpc).findFirst();
    if (grpc.isEmpty()) {
      return routes;
    }
    List<Resource<? extends RouteSpec>> winners = new ArrayList<>();
    for (Resource<? extends RouteSpec> route : routes) {
      if (isGrpc(route)) {
        winners.add(route);
      } else {
        findings.add(
            Finding.of(
                    FindingCode.ROUTE_CONFLICTED,
                    route.key(),
                    "/spec/parentRefs",
                    route.provenance(),
                    "port "
                        + port.number()
                        + " of "
                        + service.host()
                        + " has "
                        + grpc.get().key()
                        + ", and a port cannot have both kinds")
                .withHint("GRPCRoute goes before HTTPRoute"));
      }
    }
    return winners;
  }

  private static boolean isGrpc(Resource<? extends RouteSpec> route) {
    return route.spec() instanceof GrpcRouteSpec;
  }
}

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
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The route tables of a mesh. A route in the namespace of its service is the producer's and for all
 * clients; one in another namespace is a consumer's: it is for the clients of that namespace only
 * and replaces the producer's routes for them. On one port GRPCRoutes go before HTTPRoutes, which
 * are refused there.
 */
final class RouteTables {
  private static final String EVERYONE = "";

  private final ConfigSet config;
  private final ServiceCatalog catalog;
  private final Collection<Finding> findings = new LinkedHashSet<>();
  private final RouteCandidates candidates;

  private RouteTables(ConfigSet config, ServiceCatalog catalog) {
    this.config = config;
    this.catalog = catalog;
    candidates =
        new RouteCandidates(
            config,
            new BackendResolver(config, catalog, findings),
            new PolicyIndex(config, catalog, findings),
            findings);
  }

  /** One table for each routed port, and one for each namespace whose clients have their own. */
  static List<RouteTable> of(
      ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    RouteTables tables = new RouteTables(config, catalog);
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
        if (!routes.containsKey(EVERYONE)) {
          List<RouteRule> onlyDefault = List.of(candidates.defaults(service, port));
          tables.add(new RouteTable(service, port, EVERYONE, onlyDefault));
        }
        routes.forEach(
            (namespace, group) ->
                tables.add(new RouteTable(service, port, namespace, rules(service, port, group))));
      }
    }
    return tables;
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

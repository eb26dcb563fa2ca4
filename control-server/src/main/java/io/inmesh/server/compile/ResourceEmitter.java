package io.inmesh.server.compile;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.Egress;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.MeshDefaultsSpec.OutboundTrafficPolicy;
import io.inmesh.server.config.MeshDefaultsSpec.PathNormalization;
import io.inmesh.server.config.TlsSettings;
import io.inmesh.server.config.TrafficPolicySpec;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns tables and ports into resources, one for each view in which they differ. Remembers what it
 * made of what, and makes the same of the same without building it again. Not thread-safe.
 */
final class ResourceEmitter {
  /** What was made of an input; inputs are values. */
  private record Memo(Object input, List<XdsResource> output) {}

  private record Port(
      MeshService service,
      MeshPort port,
      SortedMap<Clients, Destination> destinations,
      List<HttpFilter> filters,
      Set<String> sticky,
      TlsSettings tls,
      List<AccessLog> logs) {}

  private record Server(
      ServerPolicy policy, List<CallRules> limits, TlsSettings tls, List<AccessLog> logs) {}

  /** A table, and by what requests to its clusters are hashed, for all callers that differ. */
  record Routes(RouteTable table, SortedMap<Clients, SortedMap<String, ConsistentHash>> hashes) {}

  private Map<String, Memo> memos = new HashMap<>();

  /** Everything but the endpoints of services. */
  SortedMap<XdsKey, Message> emit(
      ServiceCatalog catalog,
      List<RouteTable> tables,
      Destinations destinations,
      @Nullable OutboundTrafficPolicy egress,
      NavigableSet<Integer> serverPorts,
      List<ServerPolicies.Scope> serverScopes,
      TlsSettings tls,
      AccessLogResources.Logs logs) {
    SortedMap<XdsKey, Message> resources = new TreeMap<>();
    Map<String, Memo> kept = new HashMap<>();
    Consumer<Memo> add =
        memo -> memo.output().forEach(made -> resources.put(made.key(), made.message()));
    Map<String, List<HttpFilter>> filtered = filtered(tables);
    Map<String, Set<String>> sticky = sticky(tables);
    for (MeshService service : catalog.services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().routable()) {
          String name = Names.cluster(service, port);
          List<HttpFilter> filters =
              filtered.getOrDefault(Names.listener(service, port), List.of());
          Port input =
              new Port(
                  service,
                  port,
                  destinations.of(service),
                  filters,
                  sticky.getOrDefault(service.host(), Set.of()),
                  tls,
                  logs.clients());
          add.accept(memo(kept, name, input, () -> servicePort(input)));
        }
      }
      MeshPort grpc = service.grpcPort();
      if (grpc != null && !service.isWildcard()) {
        List<HttpFilter> filters = filtered.getOrDefault(Names.listener(service, grpc), List.of());
        Port input =
            new Port(service, grpc, new TreeMap<>(), filters, Set.of(), tls, logs.clients());
        add.accept(memo(kept, service.host(), input, () -> portless(input)));
      }
    }
    Set<String> named = new HashSet<>();
    tables.forEach(table -> named.add(name(table, table.clients())));
    List<Routes> routes = new ArrayList<>();
    List<Routes> wildcards = new ArrayList<>();
    for (RouteTable table : tables) {
      Routes input = new Routes(table, hashes(table, named, destinations));
      Workload workload = table.clients().workload();
      String key = name(table, table.clients());
      if (table.service().isWildcard()) {
        if (workload == null) {
          wildcards.add(input);
        }
      } else {
        if (workload == null) {
          routes.add(input);
        }
        add.accept(memo(kept, key, input, () -> table(input)));
      }
    }
    for (ServerPolicies.Scope scope : serverScopes) {
      if (!catalog.services().isEmpty()) {
        String name = EnvoyInbound.NAME + " " + scope;
        add.accept(memo(kept, name, scope.policy(), () -> List.of(EnvoyInbound.of(scope))));
      }
      ServerPolicy anywhere = scope.policy().at(Names.ANY_PORT);
      Server any = new Server(anywhere, List.of(), tls, logs.servers());
      add.accept(memo(kept, "servers " + scope, any, () -> List.of(anyServer(scope, any))));
      for (int port : serverPorts) {
        String name = "server " + port + " " + scope;
        Server input = new Server(scope.policy().at(port), scope.limits(port), tls, logs.servers());
        add.accept(memo(kept, name, input, () -> server(port, scope, input)));
      }
    }
    add.accept(memo(kept, EnvoyRoutes.NAME, routes, () -> EnvoyRoutes.of(routes)));
    EgressResources.Input outside = new EgressResources.Input(egress, wildcards, logs.clients());
    add.accept(memo(kept, Egress.LISTENER, outside, () -> EgressResources.of(outside)));
    add.accept(memo(kept, Names.INVALID_BACKEND, "", ResourceEmitter::invalidBackend));
    memos = kept;
    return resources;
  }

  /** By listener, what its routes switch on; not those that switch nothing on. */
  private static Map<String, List<HttpFilter>> filtered(List<RouteTable> tables) {
    Map<String, List<RouteRule>> rules = new HashMap<>();
    for (RouteTable table : tables) {
      rules
          .computeIfAbsent(Names.listener(table.service(), table.port()), name -> new ArrayList<>())
          .addAll(table.rules());
    }
    Map<String, List<HttpFilter>> filters = new HashMap<>();
    rules.forEach((name, all) -> filters.put(name, CallFilters.ofListener(all)));
    return filters;
  }

  /** The clusters whose endpoints calls may stick to, by host. */
  private static Map<String, Set<String>> sticky(List<RouteTable> tables) {
    Map<String, Set<String>> clusters = new HashMap<>();
    for (RouteTable table : tables) {
      for (RouteRule rule : table.rules()) {
        if (rule.settings().session() != null) {
          for (String cluster : rule.clusters()) {
            Names.parse(cluster)
                .ifPresent(
                    name ->
                        clusters.computeIfAbsent(name.host(), h -> new HashSet<>()).add(cluster));
          }
        }
      }
    }
    return clusters;
  }

  private Memo memo(
      Map<String, Memo> kept, String name, Object input, Supplier<List<XdsResource>> make) {
    Memo known = memos.get(name);
    Memo now = known != null && known.input().equals(input) ? known : new Memo(input, make.get());
    kept.put(name, now);
    return now;
  }

  private static List<XdsResource> servicePort(Port input) {
    MeshService service = input.service();
    MeshPort port = input.port();
    String listener = Names.listener(service, port);
    // Only clients of ours look hosts up as they are called, and they do not ask for wildcards.
    boolean wildcard = service.isWildcard();
    List<XdsResource> made =
        wildcard ? new ArrayList<>() : clientListener(input, listener, listener);
    input
        .destinations()
        .forEach(
            (clients, destination) ->
                destination
                    .parts()
                    .forEach(
                        (name, subset) -> {
                          TrafficPolicySpec policy = destination.policy(port.number(), subset);
                          String cluster = Names.cluster(service, port, name);
                          boolean sticky = input.sticky().contains(cluster);
                          Function<CapabilityClass, Cluster> variant =
                              capabilities ->
                                  ClusterResources.of(
                                      service,
                                      port,
                                      name,
                                      policy,
                                      destination,
                                      input.tls(),
                                      sticky,
                                      capabilities);
                          made.addAll(
                              wildcard
                                  ? ours(XdsType.CLUSTER, cluster, clients, variant)
                                  : clusters(cluster, clients, variant, destination.failover()));
                        }));
    return made;
  }

  /**
   * That of the name alone, or with the clusters that take its calls over.
   *
   * @param others none: nobody does
   */
  private static List<XdsResource> clusters(
      String name,
      Clients clients,
      Function<CapabilityClass, Cluster> variant,
      List<String> others) {
    if (others.isEmpty()) {
      return perClass(XdsType.CLUSTER, name, clients, variant);
    }
    String own = Names.own(name);
    List<XdsResource> made =
        new ArrayList<>(
            perClass(
                XdsType.CLUSTER,
                own,
                clients,
                capabilities -> variant.apply(capabilities).toBuilder().setName(own).build()));
    made.addAll(
        perClass(
            XdsType.CLUSTER,
            name,
            clients,
            capabilities ->
                Failovers.aggregate(variant.apply(capabilities), others, capabilities)));
    return made;
  }

  /** What a gRPC target without a port means. */
  private static List<XdsResource> portless(Port grpc) {
    MeshService service = grpc.service();
    return clientListener(grpc, service.host(), Names.listener(service, grpc.port()));
  }

  /** For the callers that see the service; others do not find it. */
  private static List<XdsResource> clientListener(Port input, String name, String routes) {
    List<XdsResource> made = new ArrayList<>();
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.GRPC)) {
      Listener listener =
          clients == CapabilityClass.INMESH
              ? ListenerResources.client(name, routes, input.filters(), input.logs())
              : ListenerResources.client(name, routes, List.of(), List.of());
      for (String namespace : input.service().exportedTo()) {
        made.add(resource(XdsType.LISTENER, name, View.of(clients).in(namespace), listener));
      }
    }
    return made;
  }

  /** Those of the table's clients, and of such among them as hash differently. */
  private static SortedMap<Clients, SortedMap<String, ConsistentHash>> hashes(
      RouteTable table, Set<String> named, Destinations destinations) {
    Set<String> clusters = table.clusters();
    NavigableSet<Clients> different = new TreeSet<>();
    for (String cluster : clusters) {
      destinations.clients(cluster).stream()
          .filter(clients -> table.clients().include(clients))
          .filter(clients -> nearest(table, clients, named).equals(table.clients()))
          .forEach(different::add);
    }
    different.add(table.clients());
    SortedMap<Clients, SortedMap<String, ConsistentHash>> hashes = new TreeMap<>();
    for (Clients clients : different) {
      SortedMap<String, ConsistentHash> own = new TreeMap<>();
      for (String cluster : clusters) {
        destinations.hash(cluster, clients).ifPresent(hash -> own.put(cluster, hash));
      }
      if (!own.equals(clients.find(hashes))) {
        hashes.put(clients, own);
      }
    }
    return hashes;
  }

  /** Whose table is in force for some clients. */
  private static Clients nearest(RouteTable table, Clients clients, Set<String> named) {
    Clients one = clients;
    while (!one.equals(Clients.OTHERS) && !named.contains(name(table, one))) {
      one = Objects.requireNonNullElse(one.wider(), Clients.OTHERS);
    }
    return one;
  }

  private static String name(RouteTable table, Clients clients) {
    return Names.listener(table.service(), table.port()) + " " + clients;
  }

  private static List<XdsResource> table(Routes routes) {
    RouteTable table = routes.table();
    List<XdsResource> made = new ArrayList<>();
    routes
        .hashes()
        .forEach(
            (clients, hashes) ->
                made.addAll(
                    perClass(
                        XdsType.ROUTES,
                        Names.listener(table.service(), table.port()),
                        clients,
                        capabilities -> RouteResources.of(table, hashes, capabilities))));
    return made;
  }

  private static List<XdsResource> server(int port, ServerPolicies.Scope scope, Server input) {
    List<XdsResource> made = new ArrayList<>();
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.GRPC)) {
      for (String name : List.of(Names.serverListener(port), Names.grpcServerListener(port))) {
        made.add(server(name, port, scope, input, clients));
      }
    }
    return made;
  }

  /** For ports that nobody registered: processes of ours also serve on others. */
  private static XdsResource anyServer(ServerPolicies.Scope scope, Server input) {
    String name = Names.serverListener(Names.ANY_PORT);
    return server(name, Names.ANY_PORT, scope, input, CapabilityClass.INMESH);
  }

  private static XdsResource server(
      String name, int port, ServerPolicies.Scope scope, Server input, CapabilityClass clients) {
    boolean ours = clients == CapabilityClass.INMESH;
    return resource(
        XdsType.LISTENER,
        name,
        scope.view(clients),
        ListenerResources.server(
            name,
            port,
            ServerRoutes.of(input.policy(), input.limits(), clients),
            ours ? input.policy().paths() : PathNormalization.NONE,
            input.policy().modes().of(port),
            input.tls(),
            ours ? input.logs() : List.of(),
            input.limits(),
            clients));
  }

  private static List<XdsResource> invalidBackend() {
    List<XdsResource> made =
        proxyless(XdsType.CLUSTER, Names.INVALID_BACKEND, ClusterResources.invalidBackend());
    made.add(
        resource(
            XdsType.ENDPOINTS,
            Names.INVALID_BACKEND,
            View.ALL,
            EndpointResources.of(new EndpointSet(Names.INVALID_BACKEND, List.of()))));
    return made;
  }

  /** Nothing an Envoy could use. */
  private static List<XdsResource> proxyless(XdsType type, String name, Message message) {
    List<XdsResource> made = new ArrayList<>();
    made.add(resource(type, name, View.of(CapabilityClass.INMESH), message));
    made.add(resource(type, name, View.of(CapabilityClass.GRPC), message));
    return made;
  }

  private static List<XdsResource> ours(
      XdsType type,
      String name,
      Clients clients,
      Function<CapabilityClass, ? extends Message> variant) {
    View view = clients.in(View.of(CapabilityClass.INMESH));
    return List.of(resource(type, name, view, variant.apply(CapabilityClass.INMESH)));
  }

  /** One entry if all classes get the same. */
  private static List<XdsResource> perClass(
      XdsType type,
      String name,
      Clients clients,
      Function<CapabilityClass, ? extends Message> variant) {
    Map<CapabilityClass, Message> variants = new EnumMap<>(CapabilityClass.class);
    for (CapabilityClass capabilities : CapabilityClass.values()) {
      variants.put(capabilities, variant.apply(capabilities));
    }
    Message first = variants.values().iterator().next();
    if (variants.values().stream().allMatch(first::equals)) {
      return List.of(resource(type, name, clients.in(View.ALL), first));
    }
    List<XdsResource> made = new ArrayList<>();
    variants.forEach(
        (capabilities, message) ->
            made.add(resource(type, name, clients.in(View.of(capabilities)), message)));
    return made;
  }

  private static XdsResource resource(XdsType type, String name, View view, Message message) {
    return new XdsResource(new XdsKey(type, name, view), message);
  }
}

package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.inmesh.server.compile.ResourceEmitter.Routes;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * RDS for Envoy. An Envoy beside an application has one listener for all outgoing requests, so it
 * gets one route configuration, {@value #NAME}, with a virtual host for each port of each service,
 * told apart by the Host header. Short names mean the services of the client's own namespace, so
 * every namespace has a variant of its own.
 */
public final class EnvoyRoutes {
  /** What the outbound listener of an Envoy asks for. */
  public static final String NAME = "inmesh.outbound";

  private record Port(String host, int number) {}

  private EnvoyRoutes() {}

  /** A variant for each namespace that has services or routes, and one for all others. */
  static List<XdsResource> of(Collection<Routes> all) {
    return all.isEmpty() ? List.of() : variants(NAME, all, CapabilityClass.ENVOY, List.of());
  }

  /**
   * A variant for each namespace that has services or routes, and one for all others.
   *
   * @param more virtual hosts after those of the services
   */
  static List<XdsResource> variants(
      String name, Collection<Routes> all, CapabilityClass clients, List<VirtualHost> more) {
    SortedSet<String> namespaces = new TreeSet<>(List.of(""));
    for (Routes routes : all) {
      namespaces.add(routes.table().service().namespace());
      namespaces.add(routes.table().clientNamespace());
      routes.hashes().keySet().forEach(callers -> namespaces.add(callers.namespace()));
      namespaces.addAll(routes.table().service().exportedTo());
    }
    List<XdsResource> variants = new ArrayList<>();
    for (String namespace : namespaces) {
      RouteConfiguration configuration =
          RouteConfiguration.newBuilder()
              .setName(name)
              .addAllVirtualHosts(hosts(all, namespace, clients))
              .addAllVirtualHosts(more)
              .build();
      View view = View.of(clients).in(namespace);
      variants.add(new XdsResource(new XdsKey(XdsType.ROUTES, name, view), configuration));
    }
    return variants;
  }

  private static List<VirtualHost> hosts(
      Collection<Routes> all, String namespace, CapabilityClass clients) {
    Map<Port, Routes> chosen = new LinkedHashMap<>();
    for (Routes routes : all) {
      RouteTable table = routes.table();
      Port port = new Port(table.service().host(), table.port().number());
      if (!table.service().isSeenFrom(namespace)) {
        continue;
      }
      if (table.clientNamespace().isEmpty()) {
        chosen.putIfAbsent(port, routes);
      } else if (table.clientNamespace().equals(namespace)) {
        chosen.put(port, routes);
      }
    }
    List<VirtualHost> hosts = new ArrayList<>();
    // A ServiceEntry may be named as callers name a Service; a domain can be of one host only.
    Set<String> taken = new HashSet<>();
    for (Routes routes : chosen.values()) {
      List<String> domains =
          domains(routes.table(), namespace).stream().filter(taken::add).toList();
      if (!domains.isEmpty()) {
        hosts.add(
            host(routes, namespace, clients).toBuilder()
                .clearDomains()
                .addAllDomains(domains)
                .build());
      }
    }
    return hosts;
  }

  /** As any other client gets it, for every authority. */
  private static VirtualHost host(Routes routes, String namespace, CapabilityClass clients) {
    SortedMap<String, ConsistentHash> hashes = Clients.of(namespace).find(routes.hashes());
    return RouteResources.of(
            routes.table(), Objects.requireNonNullElse(hashes, new TreeMap<>()), clients)
        .getVirtualHosts(0);
  }

  /** As callers of a namespace may name a service's port. */
  static List<String> domains(RouteTable table, String namespace) {
    MeshService service = table.service();
    List<String> domains = new ArrayList<>();
    for (String name : names(service, namespace)) {
      domains.add(name + ":" + table.port().number());
      if (table.port().equals(defaultPort(service))) {
        domains.add(name);
      }
    }
    return domains;
  }

  /** As callers of a namespace may write it; a ServiceEntry has no short names. */
  private static List<String> names(MeshService service, String namespace) {
    String qualified = service.name() + "." + service.namespace();
    if (!service.host().startsWith(qualified + ".")) {
      return List.of(service.host());
    }
    return service.namespace().equals(namespace)
        ? List.of(service.host(), qualified, service.name())
        : List.of(service.host(), qualified);
  }

  /** Where requests go that name no port: 80, else the only or the gRPC port. */
  private static MeshPort defaultPort(MeshService service) {
    MeshPort grpc = service.grpcPort();
    return service
        .port(80)
        .filter(port -> port.protocol().routable())
        .orElse(grpc == null ? service.ports().get(0) : grpc);
  }
}

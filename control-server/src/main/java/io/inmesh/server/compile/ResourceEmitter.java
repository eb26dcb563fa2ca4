package io.inmesh.server.compile;

import com.google.protobuf.Message;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Turns tables and ports into resources, one for each view in which they differ. */
final class ResourceEmitter {
  private final SortedMap<XdsKey, Message> resources = new TreeMap<>();

  /** Everything but endpoints. */
  static SortedMap<XdsKey, Message> emit(
      ServiceCatalog catalog, List<RouteTable> tables, NavigableSet<Integer> serverPorts) {
    ResourceEmitter emitter = new ResourceEmitter();
    for (MeshService service : catalog.services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().routable()) {
          emitter.servicePort(service, port);
        }
      }
    }
    tables.forEach(emitter::table);
    serverPorts.forEach(emitter::server);
    emitter.invalidBackend();
    return emitter.resources;
  }

  private void servicePort(MeshService service, MeshPort port) {
    String listener = Names.listener(service, port);
    proxyless(XdsType.LISTENER, listener, ListenerResources.client(listener));
    perClass(
        XdsType.CLUSTER,
        Names.cluster(service, port),
        "",
        clients -> ClusterResources.of(service, port, clients));
  }

  private void table(RouteTable table) {
    perClass(
        XdsType.ROUTES,
        Names.listener(table.service(), table.port()),
        table.clientNamespace(),
        clients -> RouteResources.of(table, clients));
  }

  private void server(int port) {
    for (String name : List.of(Names.serverListener(port), Names.grpcServerListener(port))) {
      proxyless(XdsType.LISTENER, name, ListenerResources.server(name, port));
    }
  }

  private void invalidBackend() {
    proxyless(XdsType.CLUSTER, Names.INVALID_BACKEND, ClusterResources.invalidBackend());
    put(
        XdsType.ENDPOINTS,
        Names.INVALID_BACKEND,
        View.ALL,
        EndpointResources.of(new EndpointSet(Names.INVALID_BACKEND, List.of())));
  }

  /** Nothing an Envoy could use. */
  private void proxyless(XdsType type, String name, Message message) {
    put(type, name, View.of(CapabilityClass.INMESH), message);
    put(type, name, View.of(CapabilityClass.GRPC), message);
  }

  /** One entry if all classes get the same. */
  private void perClass(
      XdsType type, String name, String namespace, Function<CapabilityClass, Message> variant) {
    Map<CapabilityClass, Message> variants = new EnumMap<>(CapabilityClass.class);
    for (CapabilityClass clients : CapabilityClass.values()) {
      variants.put(clients, variant.apply(clients));
    }
    Message first = variants.values().iterator().next();
    if (variants.values().stream().allMatch(first::equals)) {
      put(type, name, View.ALL.in(namespace), first);
    } else {
      variants.forEach(
          (clients, message) -> put(type, name, View.of(clients).in(namespace), message));
    }
  }

  private void put(XdsType type, String name, View view, Message message) {
    resources.put(new XdsKey(type, name, view), message);
  }
}

package io.inmesh.server.compile;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Turns tables and ports into resources, one for each view in which they differ. Remembers what it
 * made of what, and makes the same of the same without building it again. Not thread-safe.
 */
final class ResourceEmitter {
  /** What was made of an input; inputs are values. */
  private record Memo(Object input, List<XdsResource> output) {}

  private record Port(MeshService service, MeshPort port) {}

  private Map<String, Memo> memos = new HashMap<>();

  /** Everything but the endpoints of services. */
  SortedMap<XdsKey, Message> emit(
      ServiceCatalog catalog, List<RouteTable> tables, NavigableSet<Integer> serverPorts) {
    SortedMap<XdsKey, Message> resources = new TreeMap<>();
    Map<String, Memo> kept = new HashMap<>();
    Consumer<Memo> add =
        memo -> memo.output().forEach(made -> resources.put(made.key(), made.message()));
    for (MeshService service : catalog.services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().routable()) {
          String name = Names.cluster(service, port);
          Port input = new Port(service, port);
          add.accept(memo(kept, name, input, () -> servicePort(service, port)));
        }
      }
      MeshPort grpc = service.grpcPort();
      if (grpc != null) {
        Port input = new Port(service, grpc);
        add.accept(memo(kept, service.host(), input, () -> portless(service, grpc)));
      }
    }
    for (RouteTable table : tables) {
      String name = Names.listener(table.service(), table.port()) + " " + table.clientNamespace();
      add.accept(memo(kept, name, table, () -> table(table)));
    }
    for (int port : serverPorts) {
      add.accept(memo(kept, Integer.toString(port), port, () -> server(port)));
    }
    add.accept(memo(kept, Names.INVALID_BACKEND, "", ResourceEmitter::invalidBackend));
    memos = kept;
    return resources;
  }

  private Memo memo(
      Map<String, Memo> kept, String name, Object input, Supplier<List<XdsResource>> make) {
    Memo known = memos.get(name);
    Memo now = known != null && known.input().equals(input) ? known : new Memo(input, make.get());
    kept.put(name, now);
    return now;
  }

  private static List<XdsResource> servicePort(MeshService service, MeshPort port) {
    String listener = Names.listener(service, port);
    List<XdsResource> made =
        proxyless(XdsType.LISTENER, listener, ListenerResources.client(listener));
    made.addAll(
        perClass(
            XdsType.CLUSTER,
            Names.cluster(service, port),
            "",
            clients -> ClusterResources.of(service, port, clients)));
    return made;
  }

  /** What a gRPC target without a port means. */
  private static List<XdsResource> portless(MeshService service, MeshPort grpc) {
    return proxyless(
        XdsType.LISTENER,
        service.host(),
        ListenerResources.client(service.host(), Names.listener(service, grpc)));
  }

  private static List<XdsResource> table(RouteTable table) {
    return perClass(
        XdsType.ROUTES,
        Names.listener(table.service(), table.port()),
        table.clientNamespace(),
        clients -> RouteResources.of(table, clients));
  }

  private static List<XdsResource> server(int port) {
    List<XdsResource> made = new ArrayList<>();
    for (String name : List.of(Names.serverListener(port), Names.grpcServerListener(port))) {
      made.addAll(proxyless(XdsType.LISTENER, name, ListenerResources.server(name, port)));
    }
    return made;
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

  /** One entry if all classes get the same. */
  private static List<XdsResource> perClass(
      XdsType type, String name, String namespace, Function<CapabilityClass, Message> variant) {
    Map<CapabilityClass, Message> variants = new EnumMap<>(CapabilityClass.class);
    for (CapabilityClass clients : CapabilityClass.values()) {
      variants.put(clients, variant.apply(clients));
    }
    Message first = variants.values().iterator().next();
    if (variants.values().stream().allMatch(first::equals)) {
      return List.of(resource(type, name, View.ALL.in(namespace), first));
    }
    List<XdsResource> made = new ArrayList<>();
    variants.forEach(
        (clients, message) ->
            made.add(resource(type, name, View.of(clients).in(namespace), message)));
    return made;
  }

  private static XdsResource resource(XdsType type, String name, View view, Message message) {
    return new XdsResource(new XdsKey(type, name, view), message);
  }
}

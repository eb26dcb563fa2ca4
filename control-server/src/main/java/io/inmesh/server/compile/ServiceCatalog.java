package io.inmesh.server.compile;

import io.inmesh.server.registry.ServiceKey;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All services of the mesh, by host. Immutable. */
final class ServiceCatalog {
  private final SortedMap<String, MeshService> byHost;
  private final Map<ServiceKey, MeshService> byName = new HashMap<>();

  ServiceCatalog(SortedMap<String, MeshService> byHost) {
    this.byHost = Collections.unmodifiableSortedMap(new TreeMap<>(byHost));
    for (MeshService service : byHost.values()) {
      byName.put(new ServiceKey(service.namespace(), service.name()), service);
    }
  }

  /** In the order of their hosts. */
  Collection<MeshService> services() {
    return byHost.values();
  }

  @Nullable MeshService byHost(String host) {
    return byHost.get(host);
  }

  /** The Service, or the implicit service, of this name. */
  Optional<MeshService> find(String namespace, String name) {
    return Optional.ofNullable(byName.get(new ServiceKey(namespace, name)));
  }
}

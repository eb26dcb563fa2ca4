package io.inmesh.server.compile;

import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which registered instances answer for which service, kept up to date one registered name at a
 * time. Not thread-safe.
 */
final class Membership {
  private final SortedMap<String, MeshService> declared;
  private final Map<ServiceKey, String> hostsByRegisteredName = new HashMap<>();
  private final SelectorIndex selectors;
  private final String suffix;
  private final boolean implicitServices;

  private final Map<ServiceKey, Map<String, List<RegisteredInstance>>> byName = new HashMap<>();
  private final Map<String, SortedMap<ServiceKey, List<RegisteredInstance>>> byHost =
      new HashMap<>();
  private final SortedMap<String, MeshService> implicit = new TreeMap<>();
  private final SortedMap<ServiceKey, Integer> unreachable = new TreeMap<>();
  private final Map<ServiceKey, Set<Integer>> serverPorts = new HashMap<>();
  private final NavigableMap<Integer, Integer> namesByServerPort = new TreeMap<>();

  Membership(
      SortedMap<String, MeshService> declared,
      SelectorIndex selectors,
      String suffix,
      boolean implicitServices) {
    this.declared = declared;
    this.selectors = selectors;
    this.suffix = suffix;
    this.implicitServices = implicitServices;
    for (MeshService service : declared.values()) {
      if (service.selection() instanceof Selection.Registered registered) {
        hostsByRegisteredName.put(registered.key(), service.host());
      }
    }
  }

  /**
   * Takes over what the registry now says about one registered name.
   *
   * @return the hosts whose instances are no longer the same
   */
  Set<String> update(ServiceKey key, RegistrySnapshot registry) {
    List<RegisteredInstance> instances = registry.instances(key);
    Map<String, List<RegisteredInstance>> now = assign(key, instances);
    Map<String, List<RegisteredInstance>> before =
        now.isEmpty() ? orEmpty(byName.remove(key)) : orEmpty(byName.put(key, now));
    Set<String> changed = new HashSet<>();
    for (String host : union(before.keySet(), now.keySet())) {
      if (!before.getOrDefault(host, List.of()).equals(now.getOrDefault(host, List.of()))) {
        changed.add(host);
        place(host, key, now.getOrDefault(host, List.of()));
      }
    }
    countServerPorts(key, instances);
    return changed;
  }

  /** The services nobody declared, by host. */
  SortedMap<String, MeshService> implicitServices() {
    return implicit;
  }

  /** How many instances of a registered name nobody can call, because no service selects them. */
  SortedMap<ServiceKey, Integer> unreachable() {
    return unreachable;
  }

  /** The instances that answer for a service, by registered name and id. */
  List<RegisteredInstance> instances(String host) {
    SortedMap<ServiceKey, List<RegisteredInstance>> members = byHost.get(host);
    return members == null ? List.of() : members.values().stream().flatMap(List::stream).toList();
  }

  /** The ports instances listen on; a live view. */
  NavigableSet<Integer> serverPorts() {
    return namesByServerPort.navigableKeySet();
  }

  private void countServerPorts(ServiceKey key, List<RegisteredInstance> instances) {
    Set<Integer> ports = new HashSet<>();
    instances.forEach(
        instance -> instance.instance().ports().forEach(p -> ports.add(p.instancePort())));
    Set<Integer> before = serverPorts.getOrDefault(key, Set.of());
    if (ports.equals(before)) {
      return;
    }
    before.forEach(
        port -> namesByServerPort.computeIfPresent(port, (p, n) -> n == 1 ? null : n - 1));
    ports.forEach(port -> namesByServerPort.merge(port, 1, Integer::sum));
    serverPorts.put(key, ports);
  }

  private Map<String, List<RegisteredInstance>> assign(
      ServiceKey key, List<RegisteredInstance> instances) {
    String ownHost = DeclaredServices.host(key.service(), key.namespace(), suffix);
    String registeredHost = hostsByRegisteredName.get(key);
    Map<String, List<RegisteredInstance>> assigned = new HashMap<>();
    List<RegisteredInstance> unselected = new ArrayList<>();
    for (RegisteredInstance instance : instances) {
      List<String> hosts = selectors.hosts(key.namespace(), instance.instance().labels());
      hosts.forEach(host -> assigned.computeIfAbsent(host, h -> new ArrayList<>()).add(instance));
      if (registeredHost != null) {
        assigned.computeIfAbsent(registeredHost, h -> new ArrayList<>()).add(instance);
      } else if (hosts.isEmpty()) {
        unselected.add(instance);
      }
    }
    implicit.remove(ownHost);
    unreachable.remove(key);
    if (implicitServices && !unselected.isEmpty() && !declared.containsKey(ownHost)) {
      assigned.put(ownHost, unselected);
      implicit.put(ownHost, ImplicitServices.of(key, suffix, unselected));
    } else if (!unselected.isEmpty()) {
      unreachable.put(key, unselected.size());
    }
    return assigned;
  }

  private void place(String host, ServiceKey key, List<RegisteredInstance> instances) {
    SortedMap<ServiceKey, List<RegisteredInstance>> members =
        byHost.computeIfAbsent(host, h -> new TreeMap<>());
    if (instances.isEmpty()) {
      members.remove(key);
      if (members.isEmpty()) {
        byHost.remove(host);
      }
    } else {
      members.put(key, instances);
    }
  }

  private static Map<String, List<RegisteredInstance>> orEmpty(
      @Nullable Map<String, List<RegisteredInstance>> map) {
    return map == null ? Map.of() : map;
  }

  private static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }
}

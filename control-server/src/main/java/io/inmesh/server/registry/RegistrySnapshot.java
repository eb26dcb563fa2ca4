package io.inmesh.server.registry;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All registered instances at one moment. Immutable; iteration order is by key, so that equal
 * content gives equal output on every replica.
 *
 * @param revision grows by one with every published change
 * @param services the instances of each service, ordered by id; no empty lists
 */
public record RegistrySnapshot(
    long revision, SortedMap<ServiceKey, List<RegisteredInstance>> services) {
  /** Nothing registered. */
  public static final RegistrySnapshot EMPTY =
      new RegistrySnapshot(0, Collections.unmodifiableSortedMap(new TreeMap<>()));

  /** The instances that registered as this service; empty if there are none. */
  public List<RegisteredInstance> instances(ServiceKey service) {
    return services.getOrDefault(service, List.of());
  }

  /** Every instance. */
  public Stream<RegisteredInstance> instances() {
    return services.values().stream().flatMap(List::stream);
  }

  /** Every instance of a namespace, whatever its service: what label selectors choose from. */
  public Stream<RegisteredInstance> instances(String namespace) {
    return services.tailMap(new ServiceKey(namespace, "")).entrySet().stream()
        .takeWhile(entry -> entry.getKey().namespace().equals(namespace))
        .flatMap(entry -> entry.getValue().stream());
  }

  /** The number of instances. */
  public int size() {
    return services.values().stream().mapToInt(List::size).sum();
  }
}

package io.inmesh.server.ads;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * From names to the subscribers that want them. Subscribers change it from any thread while the
 * publisher reads it; an entry without subscribers is not kept.
 */
final class SubscriptionIndex {
  private final ConcurrentHashMap<ResourceName, Set<Subscriber>> byName = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Set<Subscriber>> wildcards = new ConcurrentHashMap<>();

  void add(ResourceName name, Subscriber subscriber) {
    put(byName, name, subscriber);
  }

  void remove(ResourceName name, Subscriber subscriber) {
    drop(byName, name, subscriber);
  }

  void addWildcard(String typeUrl, Subscriber subscriber) {
    put(wildcards, typeUrl, subscriber);
  }

  void removeWildcard(String typeUrl, Subscriber subscriber) {
    drop(wildcards, typeUrl, subscriber);
  }

  /** A live view, without the wildcard subscribers. */
  Set<Subscriber> named(ResourceName name) {
    return byName.getOrDefault(name, Set.of());
  }

  /** A live view. */
  Set<Subscriber> wildcard(String typeUrl) {
    return wildcards.getOrDefault(typeUrl, Set.of());
  }

  /** How many names have subscribers. */
  int size() {
    return byName.size() + wildcards.size();
  }

  private static <K> void put(
      ConcurrentHashMap<K, Set<Subscriber>> map, K key, Subscriber subscriber) {
    map.compute(
        key,
        (k, present) -> {
          Set<Subscriber> set = present == null ? ConcurrentHashMap.newKeySet(2) : present;
          set.add(subscriber);
          return set;
        });
  }

  private static <K> void drop(
      ConcurrentHashMap<K, Set<Subscriber>> map, K key, Subscriber subscriber) {
    map.computeIfPresent(
        key,
        (k, set) -> {
          set.remove(subscriber);
          return set.isEmpty() ? null : set;
        });
  }
}

package io.inmesh.server.ads;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * From names to the subscribers that want them. Subscribers change it from any thread while the
 * publisher reads it; an entry without subscribers is not kept.
 */
final class SubscriptionIndex {
  private final ConcurrentHashMap<ResourceName, Subscribers> byName = new ConcurrentHashMap<>();

  /**
   * A subscriber wants a name that it did not want before.
   *
   * @return an equal name that all who want it may keep
   */
  ResourceName add(ResourceName name, Subscriber subscriber) {
    return byName.compute(
            name,
            (key, present) -> (present == null ? new Subscribers(name) : present).with(subscriber))
        .name;
  }

  void remove(ResourceName name, Subscriber subscriber) {
    byName.computeIfPresent(name, (key, present) -> present.without(subscriber));
  }

  /** Those who want a name now, besides all of its type. */
  List<Subscriber> named(ResourceName name) {
    Subscribers found = byName.get(name);
    return found == null ? List.of() : found.all();
  }

  /** Those who want all of a type now. */
  List<Subscriber> wildcard(String typeUrl) {
    return named(ResourceName.all(typeUrl));
  }

  /** How many names have subscribers. */
  int size() {
    return byName.size();
  }
}

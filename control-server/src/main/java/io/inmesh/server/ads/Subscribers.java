package io.inmesh.server.ads;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Those who want one name, in the least memory: there are as many entries as all clients together
 * have subscriptions. Nobody is in it twice. Thread-safe.
 */
final class Subscribers {
  /** The name; one object for all who want it. */
  final ResourceName name;

  private @Nullable Subscriber[] members = new @Nullable Subscriber[2];
  private int size;

  Subscribers(ResourceName name) {
    this.name = name;
  }

  synchronized Subscribers with(Subscriber subscriber) {
    if (size == members.length) {
      members = Arrays.copyOf(members, size + (size >> 1));
    }
    members[size++] = subscriber;
    return this;
  }

  /** Null if nobody is left. */
  synchronized @Nullable Subscribers without(Subscriber subscriber) {
    for (int i = 0; i < size; i++) {
      if (members[i] == subscriber) {
        members[i] = members[--size];
        members[size] = null;
        break;
      }
    }
    return size == 0 ? null : this;
  }

  /** Those of this moment. */
  synchronized List<Subscriber> all() {
    return List.of(Arrays.copyOf(members, size, Subscriber[].class));
  }
}

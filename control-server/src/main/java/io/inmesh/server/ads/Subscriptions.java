package io.inmesh.server.ads;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one stream subscribes to, kept in step with the index, and the snapshot it is looked up in.
 * Confined to the stream, but for {@link #inOrder}.
 */
final class Subscriptions {
  private final ResourceStore store;
  private final Subscriber subscriber;
  private final Map<String, TypeState> types = new HashMap<>();
  private volatile List<TypeState> inOrder = List.of();
  private List<String> views = List.of();
  private StoreSnapshot pinned = StoreSnapshot.EMPTY;
  private int resources;

  Subscriptions(ResourceStore store, Subscriber subscriber) {
    this.store = store;
    this.subscriber = subscriber;
  }

  void open(List<String> clientViews) {
    views = clientViews;
    pinned = store.snapshot();
  }

  @Nullable TypeState find(String typeUrl) {
    return types.get(typeUrl);
  }

  boolean wants(ResourceName name) {
    TypeState type = types.get(name.typeUrl());
    return type != null && type.wants(name.name());
  }

  TypeState create(String typeUrl) {
    TypeState made = new TypeState(TypeUrl.kept(typeUrl));
    types.put(made.typeUrl(), made);
    List<TypeState> ordered = new ArrayList<>(inOrder);
    ordered.add(made);
    ordered.sort(Comparator.comparingInt(TypeState::rank));
    inOrder = List.copyOf(ordered);
    return made;
  }

  /** All types in delivery order; may be read by any thread. */
  List<TypeState> inOrder() {
    return inOrder;
  }

  /** How many names are subscribed to one by one, all types together. */
  int resources() {
    return resources;
  }

  void subscribe(TypeState type, String name) {
    if (!type.names().contains(name)) {
      // Every client names what it wants in a text of its own; only one of them is kept.
      ResourceName kept = store.index().add(new ResourceName(type.typeUrl(), name), subscriber);
      type.names().add(kept.name());
      type.dirty().add(kept.name());
      resources++;
    }
    type.markNamed();
    type.dirty().add(name);
  }

  void unsubscribe(TypeState type, String name) {
    if (type.names().remove(name)) {
      store.index().remove(new ResourceName(type.typeUrl(), name), subscriber);
      resources--;
    }
    if (!type.wildcard()) {
      type.sent().remove(name);
      type.dirty().remove(name);
    }
  }

  void setWildcard(TypeState type, boolean wildcard) {
    if (type.wildcard() == wildcard) {
      return;
    }
    type.setWildcard(wildcard);
    if (wildcard) {
      store.index().add(ResourceName.all(type.typeUrl()), subscriber);
      type.setOwed(true);
    } else {
      store.index().remove(ResourceName.all(type.typeUrl()), subscriber);
      type.forgetOthers();
    }
  }

  /** What the client should hold under a name. */
  EncodedResource want(TypeState type, String name) {
    return type.want(name, pinned, views);
  }

  /** The names in the store that a wildcard subscription to a type covers. */
  List<String> visible(TypeState type) {
    List<String> names = new ArrayList<>();
    pinned.table(type.typeUrl()).forEachVisible(views, resource -> names.add(resource.name()));
    return names;
  }

  /** Looks at everything of a type anew. */
  void markAllDirty(TypeState type) {
    type.dirty().addAll(type.names());
    if (type.wildcard()) {
      type.dirty().addAll(type.sent().names());
      type.dirty().addAll(visible(type));
    }
  }

  /** Drops dirty names about which there is nothing to say. */
  void settle(TypeState type) {
    type.settle(pinned, views);
  }

  /**
   * Moves to the newest snapshot. Notices for it may still be on their way, so everything in the
   * tables that differ is looked at again.
   */
  void adoptLatest() {
    // Pairs with the fence of the publisher, which writes the snapshot before it reads the index.
    VarHandle.fullFence();
    StoreSnapshot latest = store.snapshot();
    if (latest.revision() > pinned.revision()) {
      StoreSnapshot before = pinned;
      pinned = latest;
      for (TypeState type : inOrder) {
        if (before.table(type.typeUrl()) != latest.table(type.typeUrl())) {
          markAllDirty(type);
        }
      }
    }
  }

  /** Takes in what was published. */
  void apply(Notice notice) {
    if (notice.snapshot().revision() > pinned.revision()) {
      pinned = notice.snapshot();
    }
    if (notice.everything()) {
      for (TypeState type : inOrder) {
        markAllDirty(type);
        type.changed(notice.changedAtNanos());
      }
      return;
    }
    for (ResourceName name : notice.names()) {
      TypeState type = types.get(name.typeUrl());
      if (type != null && type.wants(name.name())) {
        type.dirty().add(name.name());
        type.changed(notice.changedAtNanos());
      }
    }
  }

  /** Leaves the index. */
  void close() {
    for (TypeState type : inOrder) {
      for (String name : new HashSet<>(type.names())) {
        store.index().remove(new ResourceName(type.typeUrl(), name), subscriber);
      }
      if (type.wildcard()) {
        store.index().remove(ResourceName.all(type.typeUrl()), subscriber);
      }
    }
  }
}

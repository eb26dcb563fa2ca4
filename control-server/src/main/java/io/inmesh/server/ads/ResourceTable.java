package io.inmesh.server.ads;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All resources of one type, by name. Immutable; an edit copies only the shards it touches, so that
 * a single endpoint change costs a few microseconds however many services there are.
 */
final class ResourceTable {
  static final ResourceTable EMPTY = new ResourceTable(emptyShards());

  private static final int SHARDS = 256;

  private final List<Map<String, Variants>> shards;

  private ResourceTable(List<Map<String, Variants>> shards) {
    this.shards = shards;
  }

  private static List<Map<String, Variants>> emptyShards() {
    List<Map<String, Variants>> shards = new ArrayList<>(SHARDS);
    for (int i = 0; i < SHARDS; i++) {
      shards.add(Map.of());
    }
    return shards;
  }

  private static int shardOf(String name) {
    int hash = name.hashCode();
    hash ^= hash >>> 16;
    return (hash ^ (hash >>> 8)) & (SHARDS - 1);
  }

  @Nullable Variants find(String name) {
    return shards.get(shardOf(name)).get(name);
  }

  @Nullable EncodedResource find(String name, List<String> views) {
    Variants variants = find(name);
    return variants == null ? null : variants.resolve(views);
  }

  /** Visits what a client with these views can see. */
  void forEachVisible(List<String> views, Consumer<EncodedResource> visitor) {
    for (Map<String, Variants> shard : shards) {
      for (Variants variants : shard.values()) {
        EncodedResource resource = variants.resolve(views);
        if (resource != null) {
          visitor.accept(resource);
        }
      }
    }
  }

  /** All names in any view, sorted. */
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    shards.forEach(shard -> names.addAll(shard.keySet()));
    return names;
  }

  Editor edit() {
    return new Editor(this);
  }

  /** A table in the making. Not thread-safe. */
  static final class Editor {
    private final ResourceTable origin;
    private final List<Map<String, Variants>> shards;
    private final boolean[] owned = new boolean[SHARDS];

    private Editor(ResourceTable origin) {
      this.origin = origin;
      this.shards = new ArrayList<>(origin.shards);
    }

    @Nullable EncodedResource find(String name, String view) {
      Variants variants = shards.get(shardOf(name)).get(name);
      return variants == null ? null : variants.byView().get(view);
    }

    void put(String view, EncodedResource resource) {
      Map<String, Variants> shard = ownedShard(resource.name());
      Variants variants = shard.get(resource.name());
      shard.put(
          resource.name(),
          variants == null ? Variants.of(view, resource) : variants.with(view, resource));
    }

    void remove(String name, String view) {
      Map<String, Variants> shard = ownedShard(name);
      Variants variants = shard.get(name);
      Variants left = variants == null ? null : variants.without(view);
      if (left == null) {
        shard.remove(name);
      } else {
        shard.put(name, left);
      }
    }

    ResourceTable build() {
      for (boolean touched : owned) {
        if (touched) {
          return new ResourceTable(shards);
        }
      }
      return origin;
    }

    private Map<String, Variants> ownedShard(String name) {
      int index = shardOf(name);
      if (!owned[index]) {
        owned[index] = true;
        shards.set(index, new HashMap<>(shards.get(index)));
      }
      return shards.get(index);
    }
  }
}

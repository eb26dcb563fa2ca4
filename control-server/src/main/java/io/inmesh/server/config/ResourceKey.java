package io.inmesh.server.config;

import java.util.Comparator;

/**
 * What names an object: no two objects of a configuration share it. Ordered by kind, namespace and
 * name.
 *
 * @param kind its kind, which includes the API group
 * @param namespace its namespace; empty for kinds that have none
 * @param name its name
 */
public record ResourceKey(Kind kind, String namespace, String name)
    implements Comparable<ResourceKey> {

  private static final Comparator<ResourceKey> ORDER =
      Comparator.comparing(ResourceKey::kind)
          .thenComparing(ResourceKey::namespace)
          .thenComparing(ResourceKey::name);

  @Override
  public int compareTo(ResourceKey other) {
    return ORDER.compare(this, other);
  }

  /** As findings show it: {@code HTTPRoute shop/orders}. */
  @Override
  public String toString() {
    return kind.kindName() + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}

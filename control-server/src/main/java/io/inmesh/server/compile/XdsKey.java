package io.inmesh.server.compile;

import java.util.Comparator;

/**
 * What names a variant of a resource.
 *
 * @param type of the resource
 * @param name on the wire
 * @param view whom it is for
 */
public record XdsKey(XdsType type, String name, View view) implements Comparable<XdsKey> {
  private static final Comparator<XdsKey> ORDER =
      Comparator.comparing(XdsKey::type).thenComparing(XdsKey::name).thenComparing(XdsKey::view);

  @Override
  public int compareTo(XdsKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return type + " " + name + " [" + view + "]";
  }
}

package io.inmesh.server.compile;

import io.inmesh.server.config.ResourceKey;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Istio's {@code exportTo}. */
final class Exports {
  private Exports() {}

  /** The namespaces whose callers see an object; the empty one alone if everybody does. */
  static SortedSet<String> namespaces(List<String> exportTo, ResourceKey object) {
    if (exportTo.isEmpty() || exportTo.contains("*")) {
      return new TreeSet<>(List.of(""));
    }
    SortedSet<String> namespaces = new TreeSet<>();
    exportTo.forEach(name -> namespaces.add(name.equals(".") ? object.namespace() : name));
    return namespaces;
  }

  /** Whether callers of a namespace see an object; those of the empty one if everybody does. */
  static boolean to(List<String> exportTo, ResourceKey object, String namespace) {
    return exportTo.isEmpty()
        || exportTo.contains("*")
        || exportTo.contains(namespace)
        || (exportTo.contains(".") && namespace.equals(object.namespace()));
  }
}

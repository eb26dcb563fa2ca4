package io.inmesh.server.compile;

import io.inmesh.server.config.ResourceKey;
import java.util.List;

/** Istio's {@code exportTo}. */
final class Exports {
  private Exports() {}

  /** Whether callers of a namespace see an object; those of the empty one if everybody does. */
  static boolean to(List<String> exportTo, ResourceKey object, String namespace) {
    return exportTo.isEmpty()
        || exportTo.contains("*")
        || exportTo.contains(namespace)
        || (exportTo.contains(".") && namespace.equals(object.namespace()));
  }
}

package io.inmesh.server.compile;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Callers to whom the same rules apply.
 *
 * @param namespace of the callers; empty: all that have no rules of their own
 * @param workload only this one; null: all of the namespace
 */
record Clients(String namespace, @Nullable Workload workload) {
  /** All that have no rules of their own. */
  static final Clients OTHERS = new Clients("", null);

  static Clients of(String namespace) {
    return new Clients(namespace, null);
  }

  static Clients of(Workload workload) {
    return new Clients(workload.namespace(), workload);
  }

  /** Whether they are all known to carry these labels. */
  boolean carry(Map<String, String> labels) {
    return labels.isEmpty() || (workload != null && workload.carries(labels));
  }
}

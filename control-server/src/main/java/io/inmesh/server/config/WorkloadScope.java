package io.inmesh.server.config;

import java.util.List;
import java.util.Map;

/**
 * Which workloads a security policy is for: those of its namespace (of the whole mesh, if that is
 * the root namespace) that carry all labels, or those that answer for one of the services.
 *
 * @param labels empty: all workloads, unless there are services
 * @param services names of Services in the policy's namespace
 */
public record WorkloadScope(Map<String, String> labels, List<ServiceRef> services) {
  /**
   * A target.
   *
   * @param provenance where it is written
   */
  public record ServiceRef(String name, Provenance provenance) {}

  /** Every workload in reach. */
  public static final WorkloadScope ALL = new WorkloadScope(Map.of(), List.of());

  /** Copies the collections. */
  public WorkloadScope {
    labels = Map.copyOf(labels);
    services = List.copyOf(services);
  }

  /** Whether it is the same for all workloads in reach. */
  public boolean isEverything() {
    return labels.isEmpty() && services.isEmpty();
  }
}

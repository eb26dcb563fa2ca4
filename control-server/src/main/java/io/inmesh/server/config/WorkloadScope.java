package io.inmesh.server.config;

import java.util.List;
import java.util.Map;

/**
 * Which workloads a security policy is for: those of its namespace (of the whole mesh, if that is
 * the root namespace) that carry all labels, or those that answer for one of the services, or those
 * that serve one of the routes, and of these only the requests that the route takes.
 *
 * @param labels empty: all workloads, unless there are services or routes
 * @param services names of Services in the policy's namespace
 * @param routes of the policy's namespace
 */
public record WorkloadScope(
    Map<String, String> labels, List<ServiceRef> services, List<RouteRef> routes) {
  /**
   * A target.
   *
   * @param provenance where it is written
   */
  public record ServiceRef(String name, Provenance provenance) {}

  /**
   * A target.
   *
   * @param route which
   * @param rule the name of one of its rules; empty: all of them
   * @param provenance where it is written
   */
  public record RouteRef(ResourceKey route, String rule, Provenance provenance) {}

  /** Every workload in reach. */
  public static final WorkloadScope ALL = new WorkloadScope(Map.of(), List.of());

  /** Copies the collections. */
  public WorkloadScope {
    labels = Map.copyOf(labels);
    services = List.copyOf(services);
    routes = List.copyOf(routes);
  }

  /** One without routes. */
  public WorkloadScope(Map<String, String> labels, List<ServiceRef> services) {
    this(labels, services, List.of());
  }

  /** Whether it is the same for all workloads in reach. */
  public boolean isEverything() {
    return labels.isEmpty() && services.isEmpty() && routes.isEmpty();
  }
}

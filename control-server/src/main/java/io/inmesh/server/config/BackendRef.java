package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a rule sends requests (Gateway API {@code HTTPBackendRef}, {@code GRPCBackendRef}).
 *
 * @param group API group; empty for the core group, that of Service
 * @param kind {@code Service} unless given
 * @param namespace its namespace; the route's own unless given
 * @param name its name
 * @param port a port of the service; always present for a Service
 * @param weight relative to the sum of the rule's weights, 0 to 1,000,000; 1 unless given
 * @param filters applied only to requests that go here
 * @param provenance where it is written
 */
public record BackendRef(
    String group,
    String kind,
    String namespace,
    String name,
    @Nullable Integer port,
    int weight,
    List<RouteFilter> filters,
    Provenance provenance) {

  /** Copies the filters. */
  public BackendRef {
    filters = List.copyOf(filters);
  }

  /** Whether it names a Service of the core group. */
  public boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }
}

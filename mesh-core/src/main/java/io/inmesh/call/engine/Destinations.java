package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Host;
import io.inmesh.model.Endpoint;
import io.inmesh.telemetry.CallMetrics;
import io.inmesh.telemetry.Edge;
import io.inmesh.telemetry.Service;
import io.inmesh.telemetry.Workload;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How metrics see calls to one cluster for as long as it exists: an edge for each workload that was
 * called. Endpoints that are only watched have none. Thread-safe.
 */
final class Destinations {
  /** What an address was taken for when it was last called. */
  private record Seen(Endpoint endpoint, Edge edge) {}

  private final CallMetrics metrics;
  private final Service service;
  private final Edge unknown;
  private final Map<EndpointState, Seen> seen = new ConcurrentHashMap<>();
  private final Map<Workload, Edge> edges = new ConcurrentHashMap<>();

  Destinations(CallMetrics metrics, Service service) {
    this.metrics = metrics;
    this.service = service;
    this.unknown = metrics.to(service, Workload.UNKNOWN);
  }

  /** The edge to a host; null: to none. */
  @SuppressWarnings("ReferenceEquality") // the same description, which is cheaper to tell
  Edge edge(@Nullable Host host) {
    if (host == null) {
      return unknown;
    }
    Seen known = seen.get(host.state());
    if (known == null || known.endpoint != host.endpoint()) {
      known = new Seen(host.endpoint(), edge(host.endpoint()));
      seen.put(host.state(), known);
    }
    return known.edge;
  }

  private Edge edge(Endpoint endpoint) {
    Map<String, String> metadata = endpoint.metadata();
    Workload workload =
        new Workload(
            metadata.getOrDefault("workload", ""),
            metadata.getOrDefault("namespace", ""),
            metadata.getOrDefault("version", ""),
            "");
    return edges.computeIfAbsent(workload, to -> metrics.to(service, to));
  }

  /** Only these addresses still exist. */
  void keep(Collection<EndpointState> states) {
    if (seen.keySet().retainAll(Set.copyOf(states))) {
      edges.values().retainAll(seen.values().stream().map(Seen::edge).toList());
    }
  }
}

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
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How metrics see calls to one cluster for as long as it exists: an edge for each workload that was
 * called. Endpoints that are only watched have none. Thread-safe.
 */
final class Destinations {
  /** What an address was taken for when it was last called: kept with its state. */
  private record Seen(Endpoint endpoint, Edge edge) {}

  private final CallMetrics metrics;
  private final Service service;
  private final Edge unknown;
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
    EndpointState state = host.state();
    if (state.note() instanceof Seen known && known.endpoint == host.endpoint()) {
      return known.edge;
    }
    Edge edge = edge(host.endpoint());
    state.note(new Seen(host.endpoint(), edge));
    return edge;
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
    if (!edges.isEmpty()) {
      edges
          .values()
          .retainAll(
              states.stream()
                  .map(state -> state.note() instanceof Seen seen ? seen.edge : unknown)
                  .collect(Collectors.toSet()));
    }
  }
}

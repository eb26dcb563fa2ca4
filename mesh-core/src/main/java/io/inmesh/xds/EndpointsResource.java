package io.inmesh.xds;

import io.inmesh.model.Cluster.Drop;
import io.inmesh.model.LocalityEndpoints;
import java.util.List;

/** A decoded ClusterLoadAssignment. */
record EndpointsResource(
    String name, List<LocalityEndpoints> localities, int overprovisioning, List<Drop> drops) {
  /** Envoy's default, in percent. */
  static final int OVERPROVISIONING = 140;

  EndpointsResource {
    localities = List.copyOf(localities);
    drops = List.copyOf(drops);
  }

  /** No endpoints. */
  static EndpointsResource empty(String name) {
    return new EndpointsResource(name, List.of(), OVERPROVISIONING, List.of());
  }
}

package io.inmesh;

import io.inmesh.call.RequestHead;
import io.inmesh.model.Cluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** What a transport would know of a name. */
final class Watched {
  private final AtomicInteger updates = new AtomicInteger();
  private volatile Map<String, Cluster> clusters = Map.of();

  Watched(Mesh mesh, String authority) {
    var unused =
        mesh.outbound()
            .watch(
                authority,
                RequestHead.Kind.HTTP,
                now -> {
                  clusters = now;
                  updates.incrementAndGet();
                });
  }

  /** The ports of all endpoints. */
  List<Integer> ports() {
    return clusters.values().stream()
        .flatMap(cluster -> cluster.localities().stream())
        .flatMap(locality -> locality.endpoints().stream())
        .map(endpoint -> endpoint.address().getPort())
        .toList();
  }

  /** The clusters' names. */
  List<String> clusters() {
    return clusters.keySet().stream().sorted().toList();
  }

  /** How often something was heard. */
  int updates() {
    return updates.get();
  }
}

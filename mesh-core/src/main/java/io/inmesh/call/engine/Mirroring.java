package io.inmesh.call.engine;

import io.inmesh.model.Fraction;
import io.inmesh.model.Mirror;
import java.util.List;

/** Starts the shadow copies of a call; nothing about them reaches the call. */
final class Mirroring {
  /** How many shadows may be in flight to one cluster, unless its own limit is lower. */
  private static final int MAX_IN_FLIGHT = 1000;

  private Mirroring() {}

  /** Before the first attempt: each mirror of the route by its own chance. */
  static void start(MeshCall call, CompiledMesh mesh) {
    List<Mirror> mirrors = call.plan().mirrors;
    for (int i = 0; i < mirrors.size(); i++) {
      Mirror mirror = mirrors.get(i);
      Fraction share = mirror.fraction();
      if (call.engine.random.nextInt(share.denominator()) >= share.numerator()) {
        continue;
      }
      ClusterRuntime cluster = mesh.clusters.get(mirror.cluster());
      if (cluster == null || cluster.shadows.requests() >= MAX_IN_FLIGHT) {
        call.engine.metrics.shadowDropped(
            cluster == null ? call.engine.metrics.toNowhere() : cluster.edge(null));
        continue;
      }
      new MirrorAttempt(call, cluster, mirror).send();
    }
  }
}

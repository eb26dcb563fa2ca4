package io.inmesh.xds;

import io.inmesh.model.MeshSnapshot;

/** Takes each new snapshot; called on the control loop. */
@FunctionalInterface
public interface SnapshotSink {
  /** Replaces the previous one. */
  void publish(MeshSnapshot snapshot);
}

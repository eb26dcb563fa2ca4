package io.inmesh.grpc;

import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.Clock;
import io.inmesh.model.MeshSnapshot;
import org.jspecify.annotations.Nullable;

/** The real engine, configured by hand. */
final class EngineMesh implements Mesh {
  final MeshEngine engine;
  volatile @Nullable Inbound inbound;

  EngineMesh() {
    this(EngineSettings.insecure("shop", "default"));
  }

  EngineMesh(EngineSettings settings) {
    engine = MeshEngine.builder(settings).build();
  }

  EngineMesh update(MeshSnapshot snapshot) {
    engine.update(snapshot);
    return this;
  }

  @Override
  public Outbound outbound() {
    return engine;
  }

  @Override
  public Inbound inbound(int port) {
    Inbound given = inbound;
    if (given == null) {
      throw new IllegalStateException("no inbound");
    }
    return given;
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void close() {}
}

package io.inmesh.grpc;

import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.Clock;
import io.inmesh.model.MeshSnapshot;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The real engine, configured by hand. */
final class EngineMesh implements Mesh {
  final MeshEngine engine;
  volatile @Nullable Inbound inbound;
  final List<Integer> ports = new CopyOnWriteArrayList<>();

  EngineMesh() {
    this(EngineSettings.insecure("shop", "default"));
  }

  EngineMesh(EngineSettings settings) {
    this(settings, builder -> builder);
  }

  EngineMesh(EngineSettings settings, UnaryOperator<MeshEngine.Builder> more) {
    engine = more.apply(MeshEngine.builder(settings)).build();
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
    ports.add(port);
    Inbound given = inbound;
    return given == null ? engine.inbound(port) : given;
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void close() {}
}

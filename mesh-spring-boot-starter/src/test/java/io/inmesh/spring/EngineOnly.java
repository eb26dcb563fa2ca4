package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.control.Clock;
import io.inmesh.testing.FakeMesh;

/** A mesh that is its engine, for filters in real servers: what the test says applies to 8080. */
record EngineOnly(FakeMesh mesh) implements Mesh {
  @Override
  public Outbound outbound() {
    return mesh.engine();
  }

  @Override
  public Inbound inbound(int served) {
    return mesh.engine().inbound(8080);
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void close() {}
}

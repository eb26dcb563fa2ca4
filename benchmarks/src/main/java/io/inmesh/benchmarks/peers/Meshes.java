package io.inmesh.benchmarks.peers;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.benchmarks.load.Client.Feature;
import io.inmesh.benchmarks.load.Client.Settings;

/** How the benchmark's processes join the mesh. */
final class Meshes {
  private Meshes() {}

  static Mesh join(String service, Settings settings) {
    MeshConfig.Builder config =
        MeshConfig.builder().service(service).controlServer(settings.control());
    if (settings.token().isEmpty()) {
      config.insecure(true);
    } else {
      config.token(settings.token());
    }
    if (settings.has(Feature.TELEMETRY)) {
      config.openTelemetry(Telemetry.sdk());
    }
    return Mesh.start(config.build());
  }

  /** A mesh that does nothing, between the same transports. */
  static Mesh bare(Settings settings) {
    return new BareMesh(
        settings.target(),
        settings.has(Feature.HTTP2),
        settings.has(Feature.TLS) ? Credentials.material(settings.credentials()) : null);
  }
}

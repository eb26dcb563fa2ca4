package io.inmesh.benchmarks.peers;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;

/** How the benchmark's processes join the mesh. */
final class Meshes {
  private Meshes() {}

  static Mesh join(String service, String control, String token) {
    MeshConfig.Builder config = MeshConfig.builder().service(service).controlServer(control);
    if (token.isEmpty()) {
      config.insecure(true);
    }
    return Mesh.start(config.build());
  }
}

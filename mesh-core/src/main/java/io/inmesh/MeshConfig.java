package io.inmesh;

import io.inmesh.model.Locality;
import java.util.Map;

/** PLACEHOLDER shape: the xds engineer makes this the builder = YAML = environment type. */
public record MeshConfig(
    String controlServer,
    String service,
    String namespace,
    String version,
    Map<String, String> labels,
    Locality locality,
    boolean insecure) {
  public MeshConfig {
    labels = Map.copyOf(labels);
  }
}

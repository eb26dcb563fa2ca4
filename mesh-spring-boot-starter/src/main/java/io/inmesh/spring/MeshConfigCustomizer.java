package io.inmesh.spring;

import io.inmesh.MeshConfig;

/**
 * A bean of the application that has the last word about the mesh's settings: filters, balancers,
 * retry conditions and hash keys of its own are added here. Several are called in their order.
 */
@FunctionalInterface
public interface MeshConfigCustomizer {
  /** Changes the settings, which have those of properties and environment already. */
  void customize(MeshConfig.Builder config);
}

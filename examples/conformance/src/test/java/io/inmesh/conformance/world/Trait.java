package io.inmesh.conformance.world;

import io.inmesh.MeshConfig;

/** Something about a process that is not as usual: any setting of the library. */
@FunctionalInterface
public interface Trait {
  /** Sets it. */
  MeshConfig.Builder on(MeshConfig.Builder config);

  /** A version other than {@code v1}. */
  static Trait version(String version) {
    return config -> config.version(version);
  }

  /** {@code region/zone/subzone}. */
  static Trait locality(String locality) {
    return config -> config.locality(locality);
  }

  /** The share of load, relative to other instances. */
  static Trait weight(int weight) {
    return config -> config.weight(weight);
  }
}

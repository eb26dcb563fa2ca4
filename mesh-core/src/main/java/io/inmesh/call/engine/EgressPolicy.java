package io.inmesh.call.engine;

/** What happens to calls to hosts the mesh does not know. Mesh names never leave the mesh. */
public enum EgressPolicy {
  /** They are refused. */
  REGISTRY_ONLY,
  /** They go out directly, by DNS, without any mesh header. */
  ALLOW_ANY
}

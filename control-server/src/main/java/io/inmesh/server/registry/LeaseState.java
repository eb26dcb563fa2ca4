package io.inmesh.server.registry;

/** Where the lease of an instance stands. */
public enum LeaseState {
  /** The stream is open, or the last heartbeat is younger than the TTL. */
  ACTIVE,
  /** The stream broke; the instance keeps its place for the grace period. */
  SUSPECT,
  /** Grace or TTL passed: offered as unhealthy, then removed. */
  EXPIRED,
  /** Would have expired, but with it most of its service: kept by the empty-set guard. */
  HELD
}

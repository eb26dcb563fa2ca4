package io.inmesh.server.registry;

/** What keeps an instance in the registry. */
public enum LeaseKind {
  /** An open gRPC stream. */
  STREAM,
  /** Heartbeats over HTTP. */
  HEARTBEAT
}

package io.inmesh.conformance.world;

/** How the application waits. */
public enum Style {
  /** The calling thread waits. */
  BLOCKING,
  /** A callback or future is told. */
  ASYNC
}

package io.inmesh.call;

/**
 * The header fields the mesh itself writes. They are honoured only from authenticated mesh peers
 * and never leave the mesh.
 */
public final class MeshHeaders {
  /** Which attempt of its call a request is, from 1 (Envoy's name). */
  public static final String ATTEMPT_COUNT = "x-envoy-attempt-count";

  /** Milliseconds the caller still waits; relative, so that clocks need not agree. HTTP only. */
  public static final String TIMEOUT_MS = "x-inmesh-timeout-ms";

  /** gRPC's own form of the same. */
  public static final String GRPC_TIMEOUT = "grpc-timeout";

  /** What every other field of the mesh begins with. */
  public static final String PREFIX = "x-inmesh-";

  private MeshHeaders() {}
}

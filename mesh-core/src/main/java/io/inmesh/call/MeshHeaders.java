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

  /**
   * Identifies what a request means to do, so that it is done once however often it is sent (the
   * IETF's draft); written by the application, or from its {@link io.inmesh.RequestOptions}.
   */
  public static final String IDEMPOTENCY_KEY = "idempotency-key";

  /**
   * On the repetition of a request with an idempotency key: how long ago, in milliseconds, it was
   * first sent to this server. A server that knows no keys of so long ago does not execute it.
   */
  public static final String REPEATED_AFTER_MS = "x-inmesh-repeated-after-ms";

  /**
   * In responses, {@code no}: do not send the request again, whoever retries it further down has
   * done what could be done.
   */
  public static final String RETRY = "x-inmesh-retry";

  /** Asks the server to say with its response how loaded it is. */
  public static final String LOAD = "x-inmesh-load";

  /** A load report in ORCA's text or JSON form, in response heads. */
  public static final String LOAD_METRICS = "endpoint-load-metrics";

  /** A load report as base64 of its protobuf form, in gRPC trailers and response heads. */
  public static final String LOAD_METRICS_BIN = "endpoint-load-metrics-bin";

  /** What faults that are asked for by headers begin with (Envoy's names). */
  public static final String FAULT_PREFIX = "x-envoy-fault-";

  /**
   * Whom a proxy says a request comes from (Envoy's XFCC). Never believed and never passed on:
   * identity comes from the handshake.
   */
  public static final String FORWARDED_CLIENT_CERT = "x-forwarded-client-cert";

  /** What every other field of the mesh begins with. */
  public static final String PREFIX = "x-inmesh-";

  private MeshHeaders() {}
}

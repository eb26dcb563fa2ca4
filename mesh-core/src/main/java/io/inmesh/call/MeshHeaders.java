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
   * In responses to requests with an idempotency key: the name of the server's store of keys, a
   * space, and what the store's clock shows in milliseconds.
   */
  public static final String KEY_CLOCK = "x-inmesh-key-clock";

  /**
   * On the repetition of a request with an idempotency key: what that clock showed at least when
   * the request was first sent here, or {@code unknown}. A server that does not know the key and
   * has another store, or let go of keys since then, does not execute it.
   */
  public static final String FIRST_SENT = "x-inmesh-first-sent";

  /**
   * In responses, {@link #NO_RETRY}: do not send the request again, whoever retries it further down
   * has done what could be done. Or {@link #SAY_FIRST_SENT}.
   */
  public static final String RETRY = "x-inmesh-retry";

  /** Of {@link #RETRY}: it is of no use. */
  public static final String NO_RETRY = "no";

  /**
   * Of {@link #RETRY}: the repetition was not executed; it is if {@link #FIRST_SENT} shows that
   * this server would know of it. {@link #KEY_CLOCK} is there to say so.
   */
  public static final String SAY_FIRST_SENT = "first-sent";

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

package io.inmesh.telemetry;

/** Every instrument and the scope the mesh records under. Names are part of the contract. */
public final class InstrumentNames {
  /** The instrumentation scope. */
  public static final String SCOPE = "io.inmesh";

  /** OpenTelemetry's duration of outbound HTTP calls, retries included; seconds. */
  public static final String HTTP_CLIENT_DURATION = "http.client.request.duration";

  /** OpenTelemetry's duration of inbound HTTP requests; seconds. */
  public static final String HTTP_SERVER_DURATION = "http.server.request.duration";

  /** OpenTelemetry's duration of outbound gRPC calls, retries included; milliseconds. */
  public static final String RPC_CLIENT_DURATION = "rpc.client.duration";

  /** OpenTelemetry's duration of inbound gRPC calls; milliseconds. */
  public static final String RPC_SERVER_DURATION = "rpc.server.duration";

  /** Istio's count of requests, reported by both sides. */
  public static final String ISTIO_REQUESTS = "istio_requests_total";

  /** Istio's duration of requests, reported by both sides. */
  public static final String ISTIO_DURATION = "istio_request_duration_milliseconds";

  /**
   * Retries by cluster and {@code result}: {@code scheduled}; {@code withheld} because they could
   * repeat what must not be; {@code budget} because no permit was left.
   */
  public static final String RETRIES = "inmesh.client.retries";

  /**
   * Decisions about inbound requests by {@code policy} and {@code result}: {@code allowed}, {@code
   * denied}, {@code logged}, and with {@code shadow_} before for policies on trial.
   */
  public static final String AUTHORIZATION = "inmesh.server.authorization";

  private InstrumentNames() {}
}

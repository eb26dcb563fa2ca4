package io.inmesh.telemetry;

/** Every instrument and the scope the mesh records under. Names are part of the contract. */
public final class InstrumentNames {
  /** The instrumentation scope. */
  public static final String SCOPE = "io.inmesh";

  /** When this process's certificate ends, seconds since 1970; Linkerd's name. */
  public static final String IDENTITY_EXPIRATION = "identity_cert_expiration_timestamp_seconds";

  /** Certificates obtained for this process; Linkerd's name. */
  public static final String IDENTITY_REFRESHES = "identity_cert_refresh_count";

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
   * Retries by destination and {@code result}: {@code scheduled}; {@code withheld} because they
   * could repeat what must not be, or a server said no; {@code budget} because no permit was left;
   * {@code limit} because the number of retries was used up. Of calls that were retried: {@code
   * success} and {@code failure}.
   */
  public static final String RETRIES = "inmesh.client.retries";

  /**
   * Decisions about inbound requests by {@code policy} and {@code result}: {@code allowed}, {@code
   * denied}, {@code logged}, and with {@code shadow_} before for policies on trial. Where somebody
   * else decides and did not, {@code failed_allowed} or {@code failed_denied}.
   */
  public static final String AUTHORIZATION = "inmesh.server.authorization";

  /**
   * Hedges by destination and {@code result}: {@code sent}; {@code won} because they answered
   * first; {@code budget} because no permit was left.
   */
  public static final String HEDGES = "inmesh.client.hedges";

  /** The duration of shadow copies of requests, by destination and status; seconds. */
  public static final String SHADOW_DURATION = "inmesh.client.shadow.duration";

  /** Shadow copies that were not sent, because too many were in flight or the target is gone. */
  public static final String SHADOWS_DROPPED = "inmesh.client.shadow.dropped";

  /**
   * Outliers that were found, by cluster, {@code detector} and {@code result}: {@code ejected};
   * {@code detected} but not enforced; {@code overflow} because too many are ejected already.
   */
  public static final String OUTLIERS = "inmesh.client.outliers";

  /** Endpoints that are ejected now, by cluster. */
  public static final String EJECTED = "inmesh.client.ejected";

  /**
   * Connections closed before their first request, by {@code port} and {@code reason}: {@code
   * plaintext} at a port that accepts mutual TLS only, {@code tls}, {@code no_identity}, {@code
   * handshake}, {@code crowd} of strangers from one address.
   */
  public static final String CONNECTIONS_REFUSED = "inmesh.server.connections.refused";

  /** Inbound requests with tokens, or that lack one, by {@code result}: accepted, or why not. */
  public static final String TOKENS = "inmesh.server.tokens";

  /** Lines of access logs that the application's logger was too slow for. */
  public static final String ACCESS_LOG_DROPPED = "inmesh.access_log.dropped";

  private InstrumentNames() {}
}

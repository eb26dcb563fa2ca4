package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

/** The part of {@link SupportedFields} about connections to endpoints and their health. */
final class ConnectionFields {
  private ConnectionFields() {}

  static void declare() {
    message("envoy.config.core.v3.Http2ProtocolOptions")
        .supports("max_concurrent_streams", "connection_keepalive")
        .ignoresOthers();
    message("envoy.config.core.v3.KeepaliveSettings")
        .supports("interval", "timeout")
        .ignores("interval_jitter", "connection_idle_interval");
    message("envoy.config.cluster.v3.UpstreamConnectionOptions")
        .supports("tcp_keepalive")
        .ignores("set_local_interface_name_on_upstream_connections", "happy_eyeballs_config");
    message("envoy.config.core.v3.TcpKeepalive")
        .supports("keepalive_probes", "keepalive_time", "keepalive_interval");
    message("envoy.config.cluster.v3.Cluster.PreconnectPolicy")
        .supports("per_upstream_preconnect_ratio", "predictive_preconnect_ratio");
    message("envoy.config.core.v3.HealthCheck")
        .supports(
            "timeout",
            "interval",
            "initial_jitter",
            "interval_jitter",
            "interval_jitter_percent",
            "unhealthy_threshold",
            "healthy_threshold",
            "reuse_connection",
            "http_health_check",
            "tcp_health_check",
            "grpc_health_check",
            "no_traffic_interval",
            "no_traffic_healthy_interval",
            "unhealthy_interval",
            "unhealthy_edge_interval",
            "healthy_edge_interval",
            "always_log_health_check_failures")
        .ignores("event_log_path", "event_logger", "alt_port");
    message("envoy.config.core.v3.HealthCheck.HttpHealthCheck")
        .supports("host", "path", "expected_statuses", "retriable_statuses", "codec_client_type");
    message("envoy.config.core.v3.HealthCheck.TcpHealthCheck").supports("send", "receive");
    message("envoy.config.core.v3.HealthCheck.Payload").supports("text", "binary");
    message("envoy.config.core.v3.HealthCheck.GrpcHealthCheck")
        .supports("service_name", "authority");
    message("inmesh.cluster.v1.PeakEwma").supports("decay", "default_rtt", "failure_penalty");
    message("inmesh.cluster.v1.Endpoints")
        .supports("subset_size", "failure_accrual", "outlier_errors", "detect_degraded_hosts");
    message("inmesh.cluster.v1.FailureAccrual")
        .supports(
            "max_failures",
            "min_penalty",
            "max_penalty",
            "jitter_ratio",
            "success_rate",
            "honor_retry_after");
    message("inmesh.cluster.v1.FailureAccrual.SuccessRate")
        .supports("threshold", "window", "min_requests");
    message("inmesh.cluster.v1.StatusRange").supports("first", "last");
  }
}

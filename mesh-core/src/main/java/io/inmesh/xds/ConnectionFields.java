package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.inmesh.wire.cluster.v1.Endpoints;
import io.inmesh.wire.cluster.v1.FailureAccrual;
import io.inmesh.wire.cluster.v1.PeakEwma;
import io.inmesh.wire.cluster.v1.StatusRange;

/** The part of {@link SupportedFields} about connections to endpoints and their health. */
final class ConnectionFields {
  private ConnectionFields() {}

  static void declare() {
    message(Http2ProtocolOptions.class)
        .supports("max_concurrent_streams", "connection_keepalive")
        .ignoresOthers();
    message(KeepaliveSettings.class)
        .supports("interval", "timeout")
        .ignores("interval_jitter", "connection_idle_interval");
    message(UpstreamConnectionOptions.class)
        .supports("tcp_keepalive")
        .ignores("set_local_interface_name_on_upstream_connections", "happy_eyeballs_config");
    message(TcpKeepalive.class)
        .supports("keepalive_probes", "keepalive_time", "keepalive_interval");
    message(Cluster.PreconnectPolicy.class)
        .supports("per_upstream_preconnect_ratio")
        .ignores("predictive_preconnect_ratio");
    message(HealthCheck.class)
        .supports(
            "timeout",
            "interval",
            "interval_jitter_percent",
            "unhealthy_threshold",
            "healthy_threshold",
            "http_health_check",
            "tcp_health_check",
            "grpc_health_check",
            "no_traffic_interval")
        .ignores("reuse_connection", "event_log_path", "event_logger", "alt_port");
    message(HealthCheck.HttpHealthCheck.class)
        .supports("host", "path", "expected_statuses", "retriable_statuses")
        .ignores("codec_client_type");
    message(HealthCheck.TcpHealthCheck.class);
    message(HealthCheck.GrpcHealthCheck.class).supports("service_name", "authority");
    message(PeakEwma.class).supports("decay", "default_rtt", "failure_penalty");
    message(Endpoints.class).supports("subset_size", "failure_accrual", "outlier_errors");
    message(FailureAccrual.class)
        .supports("max_failures", "min_penalty", "max_penalty", "jitter_ratio");
    message(StatusRange.class).supports("first", "last");
  }
}

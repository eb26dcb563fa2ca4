package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/** The part of {@link SupportedFields} about listeners. */
final class ListenerFields {
  private ListenerFields() {}

  static void declare() {
    message("envoy.config.listener.v3.Listener")
        .supports("name", "address", "filter_chains", "default_filter_chain", "api_listener")
        .ignores(
            "stat_prefix",
            "per_connection_buffer_limit_bytes",
            "metadata",
            "deprecated_v1",
            "drain_type",
            "listener_filters_timeout",
            "continue_on_listener_filters_timeout",
            "transparent",
            "freebind",
            "socket_options",
            "tcp_fast_open_queue_length",
            "traffic_direction",
            "connection_balance_config",
            "reuse_port",
            "enable_reuse_port",
            "access_log",
            "tcp_backlog_size",
            "max_connections_to_accept_per_socket_event",
            "bind_to_port",
            "enable_mptcp",
            "ignore_global_conn_limit",
            "bypass_overload_manager")
        .refuses(
            "filter_chain_matcher", "use_original_dst", "udp_listener_config", "internal_listener");
    message("envoy.config.listener.v3.ApiListener").supports("api_listener");
    message("envoy.config.listener.v3.FilterChain")
        .supports("filter_chain_match", "filters", "transport_socket")
        .ignores("metadata", "transport_socket_connect_timeout", "name")
        .refuses("use_proxy_proto");
    strictMessage("envoy.config.listener.v3.FilterChainMatch").supports("transport_protocol");
    message("envoy.config.listener.v3.Filter").supports("typed_config").ignores("name");
    message("envoy.config.core.v3.Address")
        .supports("socket_address")
        .refuses("pipe", "envoy_internal_address");
    message("envoy.config.core.v3.SocketAddress")
        .supports("protocol", "address", "port_value")
        .ignores("ipv4_compat")
        .refuses("named_port", "resolver_name", "network_namespace_filepath");
    message("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager")
        .supports(
            "rds",
            "route_config",
            "http_filters",
            "common_http_protocol_options",
            "http2_protocol_options",
            "stream_idle_timeout",
            "request_timeout",
            "request_headers_timeout",
            "normalize_path",
            "merge_slashes",
            "path_with_escaped_slashes_action",
            "access_log")
        .ignores(
            "codec_type",
            "stat_prefix",
            "add_user_agent",
            "tracing",
            "http1_safe_max_connection_duration",
            "http_protocol_options",
            "http3_protocol_options",
            "server_name",
            "server_header_transformation",
            "max_request_headers_kb",
            "drain_timeout",
            "delayed_close_timeout",
            "access_log_flush_interval",
            "flush_access_log_on_new_request",
            "access_log_options",
            "use_remote_address",
            "skip_xff_append",
            "via",
            "generate_request_id",
            "preserve_external_request_id",
            "always_set_request_id_in_response",
            "proxy_100_continue",
            "represent_ipv4_remote_address_as_ipv4_mapped_ipv6",
            "upgrade_configs",
            "request_id_extension",
            "stream_error_on_invalid_http_message",
            "proxy_status_config",
            "append_x_forwarded_port",
            "append_local_overload",
            "add_proxy_protocol_connection_state")
        .refuses("scoped_routes");
    message("envoy.extensions.filters.network.http_connection_manager.v3.Rds")
        .supports("config_source", "route_config_name");
    message("envoy.config.core.v3.ConfigSource")
        .supports("ads", "self")
        .ignores("initial_fetch_timeout", "resource_api_version", "authorities")
        .refuses("path", "path_config_source", "api_config_source");
    message("envoy.config.core.v3.AggregatedConfigSource");
    message("envoy.config.core.v3.SelfConfigSource").ignores("transport_api_version");
    message("envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter")
        .supports("name", "typed_config", "is_optional", "disabled");
    message("envoy.config.core.v3.HttpProtocolOptions")
        .supports(
            "max_stream_duration",
            "idle_timeout",
            "max_connection_duration",
            "max_requests_per_connection")
        .ignores("max_headers_count", "max_response_headers_kb", "headers_with_underscores_action");
  }
}

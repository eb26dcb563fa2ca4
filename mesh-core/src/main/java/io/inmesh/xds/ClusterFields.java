package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

/** The part of {@link SupportedFields} about clusters. */
final class ClusterFields {
  private ClusterFields() {}

  static void declare() {
    message("envoy.config.cluster.v3.Cluster")
        .supports(
            "name",
            "type",
            "cluster_type",
            "eds_cluster_config",
            "connect_timeout",
            "lb_policy",
            "load_assignment",
            "circuit_breakers",
            "http2_protocol_options",
            "typed_extension_protocol_options",
            "outlier_detection",
            "ring_hash_lb_config",
            "maglev_lb_config",
            "least_request_lb_config",
            "round_robin_lb_config",
            "common_lb_config",
            "transport_socket",
            "transport_socket_matches",
            "load_balancing_policy",
            "health_checks",
            "upstream_connection_options",
            "preconnect_policy",
            "dns_refresh_rate",
            "dns_jitter",
            "dns_failure_refresh_rate",
            "respect_dns_ttl",
            "dns_lookup_family")
        .ignores(
            "alt_stat_name",
            "per_connection_buffer_limit_bytes",
            "upstream_http_protocol_options",
            "common_http_protocol_options",
            "http_protocol_options",
            "dns_resolvers",
            "use_tcp_for_dns_lookups",
            "dns_resolution_config",
            "typed_dns_resolver_config",
            "wait_for_warm_on_init",
            "cleanup_interval",
            "upstream_bind_config",
            "original_dst_lb_config",
            "metadata",
            "protocol_selection",
            "close_connections_on_host_health_failure",
            "ignore_health_on_host_removal",
            "lrs_server",
            "lrs_report_endpoint_metrics",
            "track_timeout_budgets",
            "track_cluster_stats",
            "connection_pool_per_downstream_connection")
        .refuses("lb_subset_config", "filters", "upstream_config");
    message("envoy.config.cluster.v3.Cluster.EdsClusterConfig")
        .supports("eds_config", "service_name");
    message("envoy.config.cluster.v3.Cluster.CustomClusterType").supports("name", "typed_config");
    message("envoy.extensions.clusters.aggregate.v3.ClusterConfig").supports("clusters");
    message("envoy.config.cluster.v3.Cluster.RefreshRate")
        .supports("base_interval", "max_interval");
    message("envoy.extensions.clusters.dns.v3.DnsCluster")
        .supports(
            "dns_refresh_rate",
            "dns_failure_refresh_rate",
            "respect_dns_ttl",
            "dns_jitter",
            "dns_lookup_family",
            "all_addresses_in_single_endpoint")
        .ignores("typed_dns_resolver_config");
    message("envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate")
        .supports("base_interval", "max_interval");
    message("envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig")
        .supports("dns_cache_config")
        .ignores("allow_insecure_cluster_options", "allow_coalesced_connections");
    message("envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig")
        .supports("dns_lookup_family", "dns_refresh_rate", "dns_failure_refresh_rate")
        .ignores(
            "name",
            "dns_min_refresh_rate",
            "host_ttl",
            "max_hosts",
            "dns_cache_circuit_breaker",
            "use_tcp_for_dns_lookups",
            "dns_resolution_config",
            "typed_dns_resolver_config",
            "dns_query_timeout",
            "key_value_config",
            "preresolve_hostnames",
            "disable_dns_refresh_on_failure");
    message("envoy.config.core.v3.TransportSocket").supports("name", "typed_config");
    message("envoy.config.cluster.v3.Cluster.CommonLbConfig")
        .supports(
            "healthy_panic_threshold",
            "locality_weighted_lb_config",
            "zone_aware_lb_config",
            "consistent_hashing_lb_config",
            "override_host_status")
        .ignores(
            "update_merge_window",
            "ignore_new_hosts_until_first_hc",
            "close_connections_on_host_set_change");
    message("envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig")
        .supports("hash_balance_factor");
    message("envoy.config.core.v3.HealthStatusSet").supports("statuses");
    message("envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig");
    message("envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig")
        .supports("routing_enabled", "min_cluster_size", "fail_traffic_on_panic");
    message("envoy.config.cluster.v3.Cluster.RingHashLbConfig")
        .supports("minimum_ring_size", "maximum_ring_size")
        .ignores("hash_function");
    message("envoy.config.cluster.v3.Cluster.MaglevLbConfig").supports("table_size");
    message("envoy.config.cluster.v3.Cluster.LeastRequestLbConfig")
        .supports("choice_count", "active_request_bias", "slow_start_config");
    message("envoy.config.cluster.v3.Cluster.RoundRobinLbConfig").supports("slow_start_config");
    message("envoy.config.cluster.v3.Cluster.SlowStartConfig")
        .supports("slow_start_window", "aggression", "min_weight_percent");
    message("envoy.config.core.v3.RuntimeDouble").supports("default_value").ignores("runtime_key");
    message("envoy.type.v3.Percent").supports("value");
    message("envoy.config.cluster.v3.CircuitBreakers").supports("thresholds");
    message("envoy.config.cluster.v3.CircuitBreakers.Thresholds")
        .supports(
            "priority",
            "max_connections",
            "max_pending_requests",
            "max_requests",
            "max_retries",
            "retry_budget")
        .ignores("track_remaining", "max_connection_pools");
    message("envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget")
        .supports("budget_percent", "min_retry_concurrency");
    message("envoy.config.cluster.v3.OutlierDetection")
        .supports(
            "consecutive_5xx",
            "interval",
            "base_ejection_time",
            "max_ejection_percent",
            "enforcing_consecutive_5xx",
            "enforcing_success_rate",
            "success_rate_minimum_hosts",
            "success_rate_request_volume",
            "success_rate_stdev_factor",
            "consecutive_gateway_failure",
            "enforcing_consecutive_gateway_failure",
            "split_external_local_origin_errors",
            "consecutive_local_origin_failure",
            "enforcing_consecutive_local_origin_failure",
            "enforcing_local_origin_success_rate",
            "failure_percentage_threshold",
            "enforcing_failure_percentage",
            "failure_percentage_minimum_hosts",
            "failure_percentage_request_volume",
            "max_ejection_time",
            "max_ejection_time_jitter",
            "always_eject_one_host",
            "enforcing_failure_percentage_local_origin",
            "successful_active_health_check_uneject_host");
    message("envoy.config.cluster.v3.LoadBalancingPolicy").supports("policies");
    message("envoy.config.cluster.v3.LoadBalancingPolicy.Policy")
        .supports("typed_extension_config");
    message("envoy.config.core.v3.TypedExtensionConfig").supports("name", "typed_config");
    message("envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin")
        .supports("slow_start_config", "locality_lb_config");
    message("envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest")
        .supports("choice_count", "active_request_bias", "slow_start_config", "locality_lb_config");
    message("envoy.extensions.load_balancing_policies.random.v3.Random")
        .supports("locality_lb_config");
    message("envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash")
        .supports(
            "minimum_ring_size",
            "maximum_ring_size",
            "consistent_hashing_lb_config",
            "locality_weighted_lb_config")
        .ignores("hash_function");
    message("envoy.extensions.load_balancing_policies.maglev.v3.Maglev")
        .supports("table_size", "consistent_hashing_lb_config", "locality_weighted_lb_config");
    message("envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig")
        .supports("hash_balance_factor");
    message("envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst")
        .supports("shuffle_address_list");
    message("envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality")
        .supports("endpoint_picking_policy");
    message(
            "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin")
        .supports(
            "enable_oob_load_report",
            "oob_reporting_period",
            "blackout_period",
            "weight_expiration_period",
            "weight_update_period",
            "error_utilization_penalty");
    message("envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig")
        .supports("locality_weighted_lb_config", "zone_aware_lb_config");
    message("envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig")
        .supports(
            "routing_enabled",
            "min_cluster_size",
            "fail_traffic_on_panic",
            "force_locality_direct_routing");
    message(
        "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig");
    message("envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig")
        .supports("slow_start_window", "aggression", "min_weight_percent");
    message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
        .supports(
            "explicit_http_config",
            "use_downstream_protocol_config",
            "auto_config",
            "common_http_protocol_options")
        .ignores("upstream_http_protocol_options")
        .refuses("http_filters");
    message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig")
        .supports("http_protocol_options", "http2_protocol_options")
        .refuses("http3_protocol_options");
    message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig")
        .ignores("http_protocol_options", "http2_protocol_options", "http3_protocol_options");
    message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig")
        .ignores(
            "http_protocol_options",
            "http2_protocol_options",
            "http3_protocol_options",
            "alternate_protocols_cache_options");
    message("envoy.config.core.v3.Http1ProtocolOptions").ignoresOthers();
  }
}

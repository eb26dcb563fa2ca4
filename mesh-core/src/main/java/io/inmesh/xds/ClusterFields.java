package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.v3.Percent;

/** The part of {@link SupportedFields} about clusters. */
final class ClusterFields {
  private ClusterFields() {}

  static void declare() {
    message(Cluster.class)
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
    message(Cluster.EdsClusterConfig.class).supports("eds_config", "service_name");
    message(Cluster.CustomClusterType.class).supports("name", "typed_config");
    message(ClusterConfig.class).supports("clusters");
    message(Cluster.RefreshRate.class).supports("base_interval", "max_interval");
    message(DnsCluster.class)
        .supports(
            "dns_refresh_rate",
            "dns_failure_refresh_rate",
            "respect_dns_ttl",
            "dns_jitter",
            "dns_lookup_family",
            "all_addresses_in_single_endpoint")
        .ignores("typed_dns_resolver_config");
    message(DnsCluster.RefreshRate.class).supports("base_interval", "max_interval");
    message(TransportSocket.class).supports("name", "typed_config");
    message(Cluster.CommonLbConfig.class)
        .supports("healthy_panic_threshold", "locality_weighted_lb_config", "zone_aware_lb_config")
        .ignores(
            "update_merge_window",
            "ignore_new_hosts_until_first_hc",
            "close_connections_on_host_set_change",
            "override_host_status");
    message(Cluster.CommonLbConfig.LocalityWeightedLbConfig.class);
    message(Cluster.CommonLbConfig.ZoneAwareLbConfig.class)
        .supports("routing_enabled", "min_cluster_size", "fail_traffic_on_panic");
    message(Cluster.RingHashLbConfig.class)
        .supports("minimum_ring_size", "maximum_ring_size")
        .ignores("hash_function");
    message(Cluster.MaglevLbConfig.class).supports("table_size");
    message(Cluster.LeastRequestLbConfig.class)
        .supports("choice_count", "active_request_bias", "slow_start_config");
    message(Cluster.RoundRobinLbConfig.class).supports("slow_start_config");
    message(Cluster.SlowStartConfig.class)
        .supports("slow_start_window", "aggression", "min_weight_percent");
    message(RuntimeDouble.class).supports("default_value").ignores("runtime_key");
    message(Percent.class).supports("value");
    message(CircuitBreakers.class).supports("thresholds");
    message(CircuitBreakers.Thresholds.class)
        .supports(
            "priority",
            "max_connections",
            "max_pending_requests",
            "max_requests",
            "max_retries",
            "retry_budget")
        .ignores("track_remaining", "max_connection_pools");
    message(CircuitBreakers.Thresholds.RetryBudget.class)
        .supports("budget_percent", "min_retry_concurrency");
    message(OutlierDetection.class)
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
    message(LoadBalancingPolicy.class).supports("policies");
    message(LoadBalancingPolicy.Policy.class).supports("typed_extension_config");
    message(TypedExtensionConfig.class).supports("name", "typed_config");
    message(RoundRobin.class).supports("slow_start_config", "locality_lb_config");
    message(LeastRequest.class)
        .supports("choice_count", "active_request_bias", "slow_start_config", "locality_lb_config");
    message(Random.class).supports("locality_lb_config");
    message(RingHash.class)
        .supports("minimum_ring_size", "maximum_ring_size", "locality_weighted_lb_config")
        .ignores("hash_function");
    message(Maglev.class).supports("table_size", "locality_weighted_lb_config");
    message(PickFirst.class).supports("shuffle_address_list");
    message(WrrLocality.class).supports("endpoint_picking_policy");
    message(ClientSideWeightedRoundRobin.class)
        .supports(
            "enable_oob_load_report",
            "oob_reporting_period",
            "blackout_period",
            "weight_expiration_period",
            "weight_update_period",
            "error_utilization_penalty");
    message(LocalityLbConfig.class).supports("locality_weighted_lb_config", "zone_aware_lb_config");
    message(LocalityLbConfig.ZoneAwareLbConfig.class)
        .supports(
            "routing_enabled",
            "min_cluster_size",
            "fail_traffic_on_panic",
            "force_locality_direct_routing");
    message(LocalityLbConfig.LocalityWeightedLbConfig.class);
    message(SlowStartConfig.class)
        .supports("slow_start_window", "aggression", "min_weight_percent");
    message(HttpProtocolOptions.class)
        .supports(
            "explicit_http_config",
            "use_downstream_protocol_config",
            "auto_config",
            "common_http_protocol_options")
        .ignores("upstream_http_protocol_options")
        .refuses("http_filters");
    message(HttpProtocolOptions.ExplicitHttpConfig.class)
        .supports("http_protocol_options", "http2_protocol_options")
        .refuses("http3_protocol_options");
    message(HttpProtocolOptions.UseDownstreamHttpConfig.class)
        .ignores("http_protocol_options", "http2_protocol_options", "http3_protocol_options");
    message(HttpProtocolOptions.AutoHttpConfig.class)
        .ignores(
            "http_protocol_options",
            "http2_protocol_options",
            "http3_protocol_options",
            "alternate_protocols_cache_options");
    message(io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions.class).ignoresOthers();
  }
}

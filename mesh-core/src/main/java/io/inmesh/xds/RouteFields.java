package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/** The part of {@link SupportedFields} about routes. */
final class RouteFields {
  private static final String[] HEADER_CHANGES = {
    "request_headers_to_add",
    "request_headers_to_remove",
    "response_headers_to_add",
    "response_headers_to_remove"
  };

  private RouteFields() {}

  static void declare() {
    message("envoy.config.route.v3.RouteConfiguration")
        .supports(
            "name",
            "virtual_hosts",
            "max_direct_response_body_size_bytes",
            "request_mirror_policies",
            "typed_per_filter_config")
        .supports(HEADER_CHANGES)
        .ignores(
            "validate_clusters",
            "cluster_specifier_plugins",
            "ignore_port_in_host_matching",
            "metadata")
        .refuses("vhds", "ignore_path_parameters_in_path_matching");
    message("envoy.config.route.v3.VirtualHost")
        .supports(
            "name",
            "domains",
            "routes",
            "typed_per_filter_config",
            "include_request_attempt_count",
            "retry_policy",
            "request_mirror_policies")
        .supports(HEADER_CHANGES)
        .ignores(
            "virtual_clusters",
            "cors",
            "include_attempt_count_in_response",
            "include_is_timeout_retry_header",
            "per_request_buffer_limit_bytes",
            "metadata")
        .refuses("matcher", "require_tls");
    message("envoy.config.route.v3.Route")
        .supports(
            "name",
            "match",
            "route",
            "redirect",
            "direct_response",
            "non_forwarding_action",
            "metadata",
            "typed_per_filter_config")
        .supports(HEADER_CHANGES)
        .ignores("decorator", "tracing", "per_request_buffer_limit_bytes", "stat_prefix")
        .refuses("filter_action");
    message("envoy.config.route.v3.NonForwardingAction");
    strictMessage("envoy.config.route.v3.RouteMatch")
        .supports(
            "prefix",
            "path",
            "safe_regex",
            "path_separated_prefix",
            "case_sensitive",
            "runtime_fraction",
            "headers",
            "query_parameters",
            "grpc");
    message("envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions");
    strictMessage("envoy.config.route.v3.HeaderMatcher")
        .supports(
            "name",
            "exact_match",
            "safe_regex_match",
            "range_match",
            "present_match",
            "prefix_match",
            "suffix_match",
            "contains_match",
            "string_match",
            "invert_match",
            "treat_missing_header_as_empty");
    strictMessage("envoy.config.route.v3.QueryParameterMatcher")
        .supports("name", "string_match", "present_match");
    strictMessage("envoy.type.matcher.v3.StringMatcher")
        .supports("exact", "prefix", "suffix", "safe_regex", "contains", "ignore_case");
    message("envoy.type.matcher.v3.RegexMatcher").supports("regex").ignores("google_re2");
    message("envoy.type.v3.Int64Range").supports("start", "end");
    message("envoy.config.core.v3.RuntimeFractionalPercent")
        .supports("default_value")
        .ignores("runtime_key");
    message("envoy.type.v3.FractionalPercent").supports("numerator", "denominator");
    message("envoy.config.route.v3.RouteAction")
        .supports(
            "cluster",
            "weighted_clusters",
            "cluster_not_found_response_code",
            "prefix_rewrite",
            "regex_rewrite",
            "host_rewrite_literal",
            "timeout",
            "idle_timeout",
            "retry_policy",
            "request_mirror_policies",
            "hedge_policy",
            "priority",
            "hash_policy",
            "max_grpc_timeout",
            "grpc_timeout_offset",
            "max_stream_duration")
        .ignores("early_data_policy", "include_vh_rate_limits", "cors", "upgrade_configs")
        .refuses(
            "cluster_header",
            "cluster_specifier_plugin",
            "inline_cluster_specifier_plugin",
            "metadata_match",
            "path_rewrite_policy",
            "auto_host_rewrite",
            "host_rewrite_header",
            "host_rewrite_path_regex");
    message("envoy.config.route.v3.RouteAction.MaxStreamDuration")
        .supports("max_stream_duration", "grpc_timeout_header_max", "grpc_timeout_header_offset");
    message("envoy.type.matcher.v3.RegexMatchAndSubstitute").supports("pattern", "substitution");
    message("envoy.config.route.v3.WeightedCluster")
        .supports("clusters")
        .ignores("total_weight", "runtime_key_prefix");
    message("envoy.config.route.v3.WeightedCluster.ClusterWeight")
        .supports("name", "weight", "typed_per_filter_config")
        .supports(HEADER_CHANGES)
        .refuses("cluster_header", "metadata_match", "host_rewrite_literal");
    message("envoy.config.route.v3.RouteAction.RequestMirrorPolicy")
        .supports("cluster", "runtime_fraction", "disable_shadow_host_suffix_append")
        .ignores("trace_sampled");
    message("envoy.config.route.v3.HedgePolicy")
        .supports("hedge_on_per_try_timeout")
        .ignores("initial_requests", "additional_request_chance");
    message("envoy.config.route.v3.RouteAction.HashPolicy")
        .supports(
            "header",
            "cookie",
            "connection_properties",
            "query_parameter",
            "filter_state",
            "terminal");
    message("envoy.config.route.v3.RouteAction.HashPolicy.Header")
        .supports("header_name", "regex_rewrite");
    message("envoy.config.route.v3.RouteAction.HashPolicy.Cookie").supports("name", "ttl", "path");
    message("envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties")
        .supports("source_ip");
    message("envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter").supports("name");
    message("envoy.config.route.v3.RouteAction.HashPolicy.FilterState").supports("key");
    message("envoy.config.route.v3.RetryPolicy")
        .supports(
            "retry_on",
            "num_retries",
            "per_try_timeout",
            "per_try_idle_timeout",
            "retry_priority",
            "retry_host_predicate",
            "host_selection_retry_max_attempts",
            "retriable_status_codes",
            "retry_back_off",
            "rate_limited_retry_back_off",
            "retriable_headers",
            "retriable_request_headers");
    message("envoy.config.route.v3.RetryPolicy.RetryPriority").supports("name", "typed_config");
    message("envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig")
        .supports("update_frequency");
    message("envoy.config.route.v3.RetryPolicy.RetryHostPredicate")
        .supports("name", "typed_config");
    message("envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig")
        .supports("metadata_match");
    message("envoy.config.route.v3.RetryPolicy.RetryBackOff")
        .supports("base_interval", "max_interval");
    message("envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff")
        .supports("reset_headers", "max_interval");
    message("envoy.config.route.v3.RetryPolicy.ResetHeader").supports("name", "format");
    message("envoy.config.route.v3.RedirectAction")
        .supports(
            "https_redirect",
            "scheme_redirect",
            "host_redirect",
            "port_redirect",
            "path_redirect",
            "prefix_rewrite",
            "response_code",
            "strip_query")
        .refuses("regex_rewrite");
    message("envoy.config.route.v3.DirectResponseAction").supports("status", "body");
    message("envoy.config.core.v3.DataSource")
        .supports("inline_bytes", "inline_string")
        .refuses("filename", "environment_variable", "watched_directory");
    message("envoy.config.core.v3.HeaderValueOption")
        .supports("header", "append", "append_action", "keep_empty_value");
    message("envoy.config.core.v3.HeaderValue").supports("key", "value", "raw_value");
    message("envoy.config.route.v3.FilterConfig").supports("config", "is_optional", "disabled");
    message("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation")
        .supports("mutations");
    message("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute")
        .supports("mutations");
    message("envoy.extensions.filters.http.header_mutation.v3.Mutations")
        .supports("request_mutations", "response_mutations");
    message("envoy.config.common.mutation_rules.v3.HeaderMutation").supports("remove", "append");
  }
}

package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.HedgePolicy;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.Int64Range;

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
    message(RouteConfiguration.class)
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
    message(VirtualHost.class)
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
    message(Route.class)
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
    message(NonForwardingAction.class);
    strictMessage(RouteMatch.class)
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
    message(RouteMatch.GrpcRouteMatchOptions.class);
    strictMessage(HeaderMatcher.class)
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
    strictMessage(QueryParameterMatcher.class).supports("name", "string_match", "present_match");
    strictMessage(StringMatcher.class)
        .supports("exact", "prefix", "suffix", "safe_regex", "contains", "ignore_case");
    message(RegexMatcher.class).supports("regex").ignores("google_re2");
    message(Int64Range.class).supports("start", "end");
    message(RuntimeFractionalPercent.class).supports("default_value").ignores("runtime_key");
    message(FractionalPercent.class).supports("numerator", "denominator");
    message(RouteAction.class)
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
    message(RouteAction.MaxStreamDuration.class)
        .supports("max_stream_duration", "grpc_timeout_header_max", "grpc_timeout_header_offset");
    message(RegexMatchAndSubstitute.class).supports("pattern", "substitution");
    message(WeightedCluster.class)
        .supports("clusters")
        .ignores("total_weight", "runtime_key_prefix");
    message(WeightedCluster.ClusterWeight.class)
        .supports("name", "weight", "typed_per_filter_config")
        .supports(HEADER_CHANGES)
        .refuses("cluster_header", "metadata_match", "host_rewrite_literal");
    message(RouteAction.RequestMirrorPolicy.class)
        .supports("cluster", "runtime_fraction", "disable_shadow_host_suffix_append")
        .ignores("trace_sampled");
    message(HedgePolicy.class)
        .supports("hedge_on_per_try_timeout")
        .ignores("initial_requests", "additional_request_chance");
    message(RouteAction.HashPolicy.class)
        .supports(
            "header",
            "cookie",
            "connection_properties",
            "query_parameter",
            "filter_state",
            "terminal");
    message(RouteAction.HashPolicy.Header.class).supports("header_name", "regex_rewrite");
    message(RouteAction.HashPolicy.Cookie.class).supports("name", "ttl", "path");
    message(RouteAction.HashPolicy.ConnectionProperties.class).supports("source_ip");
    message(RouteAction.HashPolicy.QueryParameter.class).supports("name");
    message(RouteAction.HashPolicy.FilterState.class).supports("key");
    message(RetryPolicy.class)
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
    message(RetryPolicy.RetryPriority.class).supports("name", "typed_config");
    message(PreviousPrioritiesConfig.class).supports("update_frequency");
    message(RetryPolicy.RetryHostPredicate.class).supports("name", "typed_config");
    message(OmitHostMetadataConfig.class).supports("metadata_match");
    message(RetryPolicy.RetryBackOff.class).supports("base_interval", "max_interval");
    message(RetryPolicy.RateLimitedRetryBackOff.class).supports("reset_headers", "max_interval");
    message(RetryPolicy.ResetHeader.class).supports("name", "format");
    message(RedirectAction.class)
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
    message(DirectResponseAction.class).supports("status", "body");
    message(DataSource.class)
        .supports("inline_bytes", "inline_string")
        .refuses("filename", "environment_variable", "watched_directory");
    message(HeaderValueOption.class)
        .supports("header", "append", "append_action", "keep_empty_value");
    message(HeaderValue.class).supports("key", "value", "raw_value");
    message(FilterConfig.class).supports("config", "is_optional", "disabled");
    message(io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.class)
        .supports("mutations");
    message(HeaderMutationPerRoute.class).supports("mutations");
    message(Mutations.class).supports("request_mutations", "response_mutations");
    message(HeaderMutation.class).supports("remove", "append");
  }
}

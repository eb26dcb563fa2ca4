package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

/** The part of {@link SupportedFields} about filters. */
final class FilterFields {
  private FilterFields() {}

  static void declare() {
    message("envoy.extensions.filters.http.fault.v3.HTTPFault")
        .supports("delay", "abort", "upstream_cluster", "headers", "max_active_faults")
        .ignores(
            "downstream_nodes",
            "delay_percent_runtime",
            "abort_percent_runtime",
            "delay_duration_runtime",
            "abort_http_status_runtime",
            "max_active_faults_runtime",
            "response_rate_limit_percent_runtime",
            "abort_grpc_status_runtime",
            "disable_downstream_cluster_stats",
            "filter_metadata");
    message("envoy.extensions.filters.common.fault.v3.FaultDelay")
        .supports("fixed_delay", "header_delay", "percentage");
    message("envoy.extensions.filters.http.fault.v3.FaultAbort")
        .supports("http_status", "grpc_status", "header_abort", "percentage");
    message("envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay");
    message("envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort");
    rateLimits();
    overload();
    sessions();
    cors();
  }

  private static void cors() {
    message("envoy.extensions.filters.http.cors.v3.Cors");
    message("envoy.extensions.filters.http.cors.v3.CorsPolicy")
        .supports(
            "allow_origin_string_match",
            "allow_methods",
            "allow_headers",
            "expose_headers",
            "max_age",
            "allow_credentials",
            "filter_enabled",
            "allow_private_network_access",
            "forward_not_matching_preflights")
        .ignores("shadow_enabled");
  }

  private static void sessions() {
    message("envoy.extensions.filters.http.stateful_session.v3.StatefulSession")
        .supports("session_state", "strict");
    message("envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute")
        .supports("disabled", "stateful_session");
    message("envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState")
        .supports("cookie");
    message("envoy.type.http.v3.Cookie").supports("name", "ttl", "path");
    message("envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState")
        .supports("name");
    message("inmesh.filters.v1.TimedSession")
        .supports("cookie", "header", "path", "absolute_timeout", "idle_timeout", "permanent");
  }

  private static void rateLimits() {
    message("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit")
        .supports(
            "status",
            "token_bucket",
            "filter_enabled",
            "filter_enforced",
            "response_headers_to_add",
            "descriptors",
            "enable_x_ratelimit_headers",
            "always_consume_default_token_bucket",
            "rate_limited_as_resource_exhausted",
            "rate_limits",
            "max_dynamic_descriptors")
        .ignores("stat_prefix");
    message("envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor")
        .supports("entries", "token_bucket");
    message("envoy.type.v3.TokenBucket").supports("max_tokens", "tokens_per_fill", "fill_interval");
    message("envoy.config.route.v3.RateLimit").supports("actions").ignores("stage", "disable_key");
    message("envoy.config.route.v3.RateLimit.Action")
        .supports(
            "generic_key",
            "request_headers",
            "query_parameters",
            "remote_address",
            "header_value_match",
            "extension");
    message("envoy.config.route.v3.RateLimit.Action.GenericKey")
        .supports("descriptor_value", "descriptor_key");
    message("envoy.config.route.v3.RateLimit.Action.RequestHeaders")
        .supports("header_name", "descriptor_key", "skip_if_absent");
    message("envoy.config.route.v3.RateLimit.Action.QueryParameters")
        .supports("query_parameter_name", "descriptor_key", "skip_if_absent");
    message("envoy.config.route.v3.RateLimit.Action.RemoteAddress");
    message("envoy.config.route.v3.RateLimit.Action.HeaderValueMatch")
        .supports("descriptor_key", "descriptor_value", "expect_match", "headers");
    message("envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry")
        .supports("key", "value");
    message("envoy.type.v3.HttpStatus").supports("code");
  }

  private static void overload() {
    message("envoy.config.core.v3.RuntimeFeatureFlag")
        .supports("default_value")
        .ignores("runtime_key");
    message("envoy.config.core.v3.RuntimePercent").supports("default_value").ignores("runtime_key");
    message("envoy.config.core.v3.RuntimeUInt32").supports("default_value").ignores("runtime_key");
    message("envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria")
        .supports("http_criteria", "grpc_criteria");
    message(
            "envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria")
        .supports("http_success_status");
    message(
            "envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.GrpcCriteria")
        .supports("grpc_success_status");
    message(
            "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams")
        .supports("max_concurrency_limit", "concurrency_update_interval");
    message(
            "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams")
        .supports(
            "interval", "fixed_value", "request_count", "jitter", "min_concurrency", "buffer");
    message("envoy.extensions.filters.http.admission_control.v3.AdmissionControl")
        .supports(
            "enabled",
            "success_criteria",
            "sampling_window",
            "aggression",
            "sr_threshold",
            "rps_threshold",
            "max_rejection_probability");
    message("envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency")
        .supports("gradient_controller_config", "enabled", "concurrency_limit_exceeded_status");
    message("envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig")
        .supports("sample_aggregate_percentile", "concurrency_limit_params", "min_rtt_calc_params");
  }
}

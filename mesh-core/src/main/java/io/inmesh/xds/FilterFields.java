package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.config.core.v3.RuntimePercent;
import io.envoyproxy.envoy.config.core.v3.RuntimeUInt32;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.TokenBucket;

/** The part of {@link SupportedFields} about filters. */
final class FilterFields {
  private FilterFields() {}

  static void declare() {
    message(HTTPFault.class)
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
    message(FaultDelay.class).supports("fixed_delay", "header_delay", "percentage");
    message(FaultAbort.class).supports("http_status", "grpc_status", "header_abort", "percentage");
    message(FaultDelay.HeaderDelay.class);
    message(FaultAbort.HeaderAbort.class);
    rateLimits();
    overload();
  }

  private static void rateLimits() {
    message(LocalRateLimit.class)
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
    message(LocalRateLimitDescriptor.class).supports("entries", "token_bucket");
    message(TokenBucket.class).supports("max_tokens", "tokens_per_fill", "fill_interval");
    message(RateLimit.class).supports("actions").ignores("stage", "disable_key");
    message(RateLimit.Action.class)
        .supports(
            "generic_key",
            "request_headers",
            "query_parameters",
            "remote_address",
            "header_value_match",
            "extension");
    message(RateLimit.Action.GenericKey.class).supports("descriptor_value", "descriptor_key");
    message(RateLimit.Action.RequestHeaders.class)
        .supports("header_name", "descriptor_key", "skip_if_absent");
    message(RateLimit.Action.QueryParameters.class)
        .supports("query_parameter_name", "descriptor_key", "skip_if_absent");
    message(RateLimit.Action.RemoteAddress.class);
    message(RateLimit.Action.HeaderValueMatch.class)
        .supports("descriptor_key", "descriptor_value", "expect_match", "headers");
    message(RateLimitDescriptor.Entry.class).supports("key", "value");
    message(HttpStatus.class).supports("code");
  }

  private static void overload() {
    message(RuntimeFeatureFlag.class).supports("default_value").ignores("runtime_key");
    message(RuntimePercent.class).supports("default_value").ignores("runtime_key");
    message(RuntimeUInt32.class).supports("default_value").ignores("runtime_key");
    message(AdmissionControl.SuccessCriteria.class).supports("http_criteria", "grpc_criteria");
    message(AdmissionControl.SuccessCriteria.HttpCriteria.class).supports("http_success_status");
    message(AdmissionControl.SuccessCriteria.GrpcCriteria.class).supports("grpc_success_status");
    message(GradientControllerConfig.ConcurrencyLimitCalculationParams.class)
        .supports("max_concurrency_limit", "concurrency_update_interval");
    message(GradientControllerConfig.MinimumRTTCalculationParams.class)
        .supports(
            "interval", "fixed_value", "request_count", "jitter", "min_concurrency", "buffer");
    message(AdmissionControl.class)
        .supports(
            "enabled",
            "success_criteria",
            "sampling_window",
            "aggression",
            "sr_threshold",
            "rps_threshold",
            "max_rejection_probability");
    message(AdaptiveConcurrency.class)
        .supports("gradient_controller_config", "enabled", "concurrency_limit_exceeded_status");
    message(GradientControllerConfig.class)
        .supports("sample_aggregate_percentile", "concurrency_limit_params", "min_rtt_calc_params");
  }
}

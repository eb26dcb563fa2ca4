package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

/** The part of {@link SupportedFields} about access logs. */
final class AccessLogFields {
  private AccessLogFields() {}

  static void declare() {
    message("envoy.config.accesslog.v3.AccessLog")
        .supports("filter", "typed_config")
        .ignores("name");
    message("envoy.config.accesslog.v3.AccessLogFilter")
        .supports(
            "status_code_filter",
            "duration_filter",
            "runtime_filter",
            "and_filter",
            "or_filter",
            "response_flag_filter",
            "grpc_status_filter");
    message("envoy.config.accesslog.v3.StatusCodeFilter").supports("comparison");
    message("envoy.config.accesslog.v3.DurationFilter").supports("comparison");
    message("envoy.config.accesslog.v3.ComparisonFilter").supports("op", "value");
    message("envoy.config.accesslog.v3.RuntimeFilter")
        .supports("percent_sampled")
        .ignores("runtime_key", "use_independent_randomness");
    message("envoy.config.accesslog.v3.AndFilter").supports("filters");
    message("envoy.config.accesslog.v3.OrFilter").supports("filters");
    message("envoy.config.accesslog.v3.ResponseFlagFilter").supports("flags");
    message("envoy.config.accesslog.v3.GrpcStatusFilter").supports("statuses", "exclude");
    message("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog").supports("log_format");
    message("envoy.extensions.access_loggers.stream.v3.StderrAccessLog").supports("log_format");
    message("envoy.extensions.access_loggers.file.v3.FileAccessLog").supports("path", "log_format");
    message("envoy.config.core.v3.SubstitutionFormatString")
        .supports("text_format_source", "json_format")
        .ignores("content_type", "omit_empty_values", "json_format_options");
  }
}

package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/** The part of {@link SupportedFields} about decisions by somebody else. */
final class ExternalFields {
  private ExternalFields() {}

  static void declare() {
    strictMessage("envoy.extensions.filters.http.ext_authz.v3.ExtAuthz")
        .supports(
            "grpc_service",
            "http_service",
            "failure_mode_allow",
            "status_on_error",
            "filter_enabled_metadata",
            "allowed_headers",
            "with_request_body")
        .ignores(
            "transport_api_version",
            "stat_prefix",
            "clear_route_cache",
            "validate_mutations",
            "charge_cluster_response_stats",
            "emit_filter_state_stats",
            "filter_metadata");
    strictMessage("envoy.extensions.filters.http.ext_authz.v3.BufferSettings")
        .supports("max_request_bytes", "allow_partial_message", "pack_as_bytes");
    strictMessage("envoy.config.core.v3.GrpcService").supports("envoy_grpc", "timeout");
    strictMessage("envoy.config.core.v3.GrpcService.EnvoyGrpc")
        .supports("cluster_name")
        .ignores("authority");
    strictMessage("envoy.extensions.filters.http.ext_authz.v3.HttpService")
        .supports("server_uri", "path_prefix", "authorization_request", "authorization_response");
    strictMessage("envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest")
        .supports("headers_to_add");
    strictMessage("envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse")
        .supports(
            "allowed_upstream_headers",
            "allowed_client_headers",
            "allowed_client_headers_on_success");
    message("envoy.type.matcher.v3.ListStringMatcher").supports("patterns");
  }
}

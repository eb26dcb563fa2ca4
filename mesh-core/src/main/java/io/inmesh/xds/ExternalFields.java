package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;

/** The part of {@link SupportedFields} about decisions by somebody else. */
final class ExternalFields {
  private ExternalFields() {}

  static void declare() {
    strictMessage(ExtAuthz.getDescriptor())
        .supports(
            "grpc_service",
            "http_service",
            "failure_mode_allow",
            "status_on_error",
            "filter_enabled_metadata",
            "allowed_headers")
        .ignores(
            "transport_api_version",
            "stat_prefix",
            "clear_route_cache",
            "validate_mutations",
            "charge_cluster_response_stats",
            "emit_filter_state_stats",
            "filter_metadata");
    strictMessage(GrpcService.getDescriptor()).supports("envoy_grpc", "timeout");
    strictMessage(GrpcService.EnvoyGrpc.getDescriptor())
        .supports("cluster_name")
        .ignores("authority");
    strictMessage(HttpService.getDescriptor())
        .supports("server_uri", "path_prefix", "authorization_request", "authorization_response");
    strictMessage(AuthorizationRequest.getDescriptor()).supports("headers_to_add");
    strictMessage(AuthorizationResponse.getDescriptor())
        .supports(
            "allowed_upstream_headers",
            "allowed_client_headers",
            "allowed_client_headers_on_success");
    message(ListStringMatcher.getDescriptor()).supports("patterns");
  }
}

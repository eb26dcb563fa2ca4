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
    strictMessage(ExtAuthz.class)
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
    strictMessage(GrpcService.class).supports("envoy_grpc", "timeout");
    strictMessage(GrpcService.EnvoyGrpc.class).supports("cluster_name").ignores("authority");
    strictMessage(HttpService.class)
        .supports("server_uri", "path_prefix", "authorization_request", "authorization_response");
    strictMessage(AuthorizationRequest.class).supports("headers_to_add");
    strictMessage(AuthorizationResponse.class)
        .supports(
            "allowed_upstream_headers",
            "allowed_client_headers",
            "allowed_client_headers_on_success");
    message(ListStringMatcher.class).supports("patterns");
  }
}

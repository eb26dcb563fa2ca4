package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/** The part of {@link SupportedFields} about tokens. */
final class JwtFields {
  private JwtFields() {}

  static void declare() {
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication")
        .supports(
            "providers",
            "rules",
            "bypass_cors_preflight",
            "requirement_map",
            "strip_failure_response")
        .ignores("stat_prefix");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.JwtProvider")
        .supports(
            "issuer",
            "audiences",
            "subjects",
            "require_expiration",
            "max_lifetime",
            "remote_jwks",
            "local_jwks",
            "forward",
            "from_headers",
            "from_params",
            "from_cookies",
            "forward_payload_header",
            "payload_in_metadata",
            "normalize_payload_in_metadata",
            "clock_skew_seconds",
            "jwt_cache_config",
            "claim_to_headers")
        .ignores(
            "pad_forward_payload_header",
            "header_in_metadata",
            "failed_status_in_metadata",
            "clear_route_cache");
    message("envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.NormalizePayload")
        .supports("space_delimited_claims");
    message("envoy.extensions.filters.http.jwt_authn.v3.JwtCacheConfig")
        .supports("jwt_cache_size")
        .ignores("jwt_max_token_size");
    message("envoy.extensions.filters.http.jwt_authn.v3.JwtHeader")
        .supports("name", "value_prefix");
    message("envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader")
        .supports("header_name", "claim_name");
    message("envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks")
        .supports("http_uri", "cache_duration")
        .ignores("async_fetch", "retry_policy");
    message("envoy.config.core.v3.HttpUri").supports("uri", "timeout").ignores("cluster");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.RequirementRule")
        .supports("match", "requires", "requirement_name");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement")
        .supports(
            "provider_name",
            "provider_and_audiences",
            "requires_any",
            "requires_all",
            "allow_missing_or_failed",
            "allow_missing");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences")
        .supports("provider_name", "audiences");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList")
        .supports("requirements");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList")
        .supports("requirements");
    strictMessage("envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig")
        .supports("disabled", "requirement_name");
  }
}

package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtCacheConfig;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;

/** The part of {@link SupportedFields} about tokens. */
final class JwtFields {
  private JwtFields() {}

  static void declare() {
    strictMessage(JwtAuthentication.getDescriptor())
        .supports(
            "providers",
            "rules",
            "bypass_cors_preflight",
            "requirement_map",
            "strip_failure_response")
        .ignores("stat_prefix");
    strictMessage(JwtProvider.getDescriptor())
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
    message(JwtProvider.NormalizePayload.getDescriptor()).supports("space_delimited_claims");
    message(JwtCacheConfig.getDescriptor())
        .supports("jwt_cache_size")
        .ignores("jwt_max_token_size");
    message(JwtHeader.getDescriptor()).supports("name", "value_prefix");
    message(JwtClaimToHeader.getDescriptor()).supports("header_name", "claim_name");
    message(RemoteJwks.getDescriptor())
        .supports("http_uri", "cache_duration")
        .ignores("async_fetch", "retry_policy");
    message(HttpUri.getDescriptor()).supports("uri", "timeout").ignores("cluster");
    strictMessage(RequirementRule.getDescriptor())
        .supports("match", "requires", "requirement_name");
    strictMessage(JwtRequirement.getDescriptor())
        .supports(
            "provider_name",
            "provider_and_audiences",
            "requires_any",
            "requires_all",
            "allow_missing_or_failed",
            "allow_missing");
    strictMessage(ProviderWithAudiences.getDescriptor()).supports("provider_name", "audiences");
    strictMessage(JwtRequirementOrList.getDescriptor()).supports("requirements");
    strictMessage(JwtRequirementAndList.getDescriptor()).supports("requirements");
    strictMessage(PerRouteConfig.getDescriptor()).supports("disabled", "requirement_name");
  }
}

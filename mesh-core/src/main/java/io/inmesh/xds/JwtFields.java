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
    strictMessage(JwtAuthentication.class)
        .supports(
            "providers",
            "rules",
            "bypass_cors_preflight",
            "requirement_map",
            "strip_failure_response")
        .ignores("stat_prefix");
    strictMessage(JwtProvider.class)
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
    message(JwtProvider.NormalizePayload.class).supports("space_delimited_claims");
    message(JwtCacheConfig.class).supports("jwt_cache_size").ignores("jwt_max_token_size");
    message(JwtHeader.class).supports("name", "value_prefix");
    message(JwtClaimToHeader.class).supports("header_name", "claim_name");
    message(RemoteJwks.class)
        .supports("http_uri", "cache_duration")
        .ignores("async_fetch", "retry_policy");
    message(HttpUri.class).supports("uri", "timeout").ignores("cluster");
    strictMessage(RequirementRule.class).supports("match", "requires", "requirement_name");
    strictMessage(JwtRequirement.class)
        .supports(
            "provider_name",
            "provider_and_audiences",
            "requires_any",
            "requires_all",
            "allow_missing_or_failed",
            "allow_missing");
    strictMessage(ProviderWithAudiences.class).supports("provider_name", "audiences");
    strictMessage(JwtRequirementOrList.class).supports("requirements");
    strictMessage(JwtRequirementAndList.class).supports("requirements");
    strictMessage(PerRouteConfig.class).supports("disabled", "requirement_name");
  }
}

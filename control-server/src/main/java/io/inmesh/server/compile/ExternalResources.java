package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.inmesh.server.config.ExtensionProvider;
import java.util.List;
import java.util.TreeMap;

/** Decisions by somebody else as a standard filter. */
final class ExternalResources {
  static final String FILTER = "envoy.filters.http.ext_authz";

  private ExternalResources() {}

  /**
   * A filter that asks about requests which rules on trial have found.
   *
   * @param found how the names of what those rules find begin
   */
  static ExtAuthz of(ExtensionProvider provider, String found) {
    ExtAuthz.Builder filter =
        ExtAuthz.newBuilder()
            .setTransportApiVersion(ApiVersion.V3)
            .setFailureModeAllow(provider.failOpen())
            .setStatusOnError(HttpStatus.newBuilder().setCodeValue(provider.statusOnError()))
            .setFilterEnabledMetadata(
                Claims.metadata(
                    "envoy.filters.http.rbac",
                    List.of(found + "shadow_effective_policy_id"),
                    ValueMatcher.newBuilder().setPresentMatch(true).build()));
    ExtensionProvider.Body body = provider.body();
    if (body != null) {
      filter.setWithRequestBody(
          BufferSettings.newBuilder()
              .setMaxRequestBytes(body.maxBytes())
              .setAllowPartialMessage(body.allowPartial())
              .setPackAsBytes(body.asBytes()));
    }
    String cluster = "outbound|" + provider.port() + "||" + provider.service();
    ExtensionProvider.Http http = provider.http();
    if (http == null) {
      return filter
          .setGrpcService(
              GrpcService.newBuilder()
                  .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(cluster))
                  .setTimeout(Protos.duration(provider.timeout())))
          .build();
    }
    return filter
        .setAllowedHeaders(names(http.includeRequestHeadersInCheck()))
        .setHttpService(
            HttpService.newBuilder()
                .setServerUri(
                    HttpUri.newBuilder()
                        .setUri("http://" + provider.service() + ":" + provider.port())
                        .setCluster(cluster)
                        .setTimeout(Protos.duration(provider.timeout())))
                .setPathPrefix(http.pathPrefix())
                .setAuthorizationRequest(request(http))
                .setAuthorizationResponse(response(http)))
        .build();
  }

  private static AuthorizationRequest request(ExtensionProvider.Http http) {
    AuthorizationRequest.Builder request = AuthorizationRequest.newBuilder();
    new TreeMap<>(http.includeAdditionalHeadersInCheck())
        .forEach(
            (name, value) ->
                request.addHeadersToAdd(HeaderValue.newBuilder().setKey(name).setValue(value)));
    return request.build();
  }

  private static AuthorizationResponse response(ExtensionProvider.Http http) {
    AuthorizationResponse.Builder response = AuthorizationResponse.newBuilder();
    if (!http.headersToUpstreamOnAllow().isEmpty()) {
      response.setAllowedUpstreamHeaders(names(http.headersToUpstreamOnAllow()));
    }
    if (!http.headersToDownstreamOnAllow().isEmpty()) {
      response.setAllowedClientHeadersOnSuccess(names(http.headersToDownstreamOnAllow()));
    }
    if (!http.headersToDownstreamOnDeny().isEmpty()) {
      response.setAllowedClientHeaders(names(http.headersToDownstreamOnDeny()));
    }
    return response.build();
  }

  private static ListStringMatcher names(List<String> patterns) {
    ListStringMatcher.Builder names = ListStringMatcher.newBuilder();
    for (String pattern : patterns) {
      names.addPatterns(
          pattern.equals("*")
              ? Strings.matcher(pattern)
              : Strings.matcher(pattern).toBuilder().setIgnoreCase(true).build());
    }
    return names.build();
  }
}

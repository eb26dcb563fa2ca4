package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.StringMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decisions by somebody else. What cannot be enforced to the letter rejects the resource. */
final class ExternalDecoder {
  static final String EXT_AUTHZ =
      "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";

  /** Envoy's, of gRPC services and of HTTP services. */
  private static final Duration TIMEOUT = Duration.ofMillis(200);

  private static final int FORBIDDEN = 403;

  /** Of a body that is held back until somebody has decided about it: 16 MiB for each request. */
  private static final int MAX_BODY = 16 << 20;

  private final Decoding decoding;
  private final MatchDecoder matches;
  private final MetadataDecoder metadata;

  ExternalDecoder(Decoding decoding) {
    this.decoding = decoding;
    this.matches = new MatchDecoder(decoding);
    this.metadata = new MetadataDecoder(decoding, matches);
  }

  ExternalAuthorization authorization(Any any, FieldPath path) throws Rejection {
    ExtAuthz filter = decoding.unpack(any, ExtAuthz.class, path);
    List<StringMatch> shown =
        strings(
            filter.hasAllowedHeaders(), filter.getAllowedHeaders(), path.field("allowed_headers"));
    ExternalAuthorization.Provider provider;
    Duration timeout;
    switch (filter.getServicesCase()) {
      case GRPC_SERVICE -> {
        GrpcService service = filter.getGrpcService();
        FieldPath at = path.field("grpc_service");
        provider =
            new ExternalAuthorization.Grpc(
                authority(
                    service.getEnvoyGrpc().getClusterName(),
                    at.field("envoy_grpc").field("cluster_name")));
        timeout =
            decoding.positive(service.hasTimeout(), service.getTimeout(), at.field("timeout"));
      }
      case HTTP_SERVICE -> {
        HttpService service = filter.getHttpService();
        FieldPath at = path.field("http_service");
        provider = http(service, at);
        timeout =
            decoding.positive(
                service.getServerUri().hasTimeout(),
                service.getServerUri().getTimeout(),
                at.field("server_uri").field("timeout"));
        shown = withCredentials(shown);
      }
      default -> throw new Rejection(path, "names nobody who decides");
    }
    return new ExternalAuthorization(
        provider,
        timeout == null ? TIMEOUT : timeout,
        filter.getFailureModeAllow(),
        status(filter, path),
        filter.hasFilterEnabledMetadata()
            ? metadata.of(filter.getFilterEnabledMetadata(), path.field("filter_enabled_metadata"))
            : null,
        shown,
        filter.hasWithRequestBody()
            ? body(filter.getWithRequestBody(), path.field("with_request_body"))
            : null);
  }

  private static ExternalAuthorization.Body body(BufferSettings settings, FieldPath path)
      throws Rejection {
    int max = settings.getMaxRequestBytes();
    if (max <= 0 || max > MAX_BODY) {
      throw new Rejection(
          path.field("max_request_bytes"),
          "is " + Integer.toUnsignedString(max) + ", not between 1 and " + MAX_BODY);
    }
    return new ExternalAuthorization.Body(
        max, settings.getAllowPartialMessage(), settings.getPackAsBytes());
  }

  private static int status(ExtAuthz filter, FieldPath path) throws Rejection {
    int status = filter.hasStatusOnError() ? filter.getStatusOnError().getCodeValue() : FORBIDDEN;
    if (status < 400 || status > 599) {
      throw new Rejection(path.field("status_on_error").field("code"), "is no error");
    }
    return status;
  }

  private ExternalAuthorization.Provider http(HttpService service, FieldPath path)
      throws Rejection {
    Map<String, String> adds = new HashMap<>();
    FieldPath request = path.field("authorization_request");
    for (HeaderValue add : service.getAuthorizationRequest().getHeadersToAddList()) {
      FieldPath at = request.key("headers_to_add", add.getKey());
      adds.put(decoding.headerName(add.getKey(), at), decoding.headerValue(add.getValue(), at));
    }
    AuthorizationResponse response = service.getAuthorizationResponse();
    FieldPath at = path.field("authorization_response");
    List<StringMatch> upstream =
        strings(
            response.hasAllowedUpstreamHeaders(),
            response.getAllowedUpstreamHeaders(),
            at.field("allowed_upstream_headers"));
    List<StringMatch> onAllow =
        strings(
            response.hasAllowedClientHeadersOnSuccess(),
            response.getAllowedClientHeadersOnSuccess(),
            at.field("allowed_client_headers_on_success"));
    return new ExternalAuthorization.Http(
        authority(service.getServerUri().getCluster(), path.field("server_uri").field("cluster")),
        prefix(service.getPathPrefix(), path.field("path_prefix")),
        adds,
        upstream == null ? List.of() : upstream,
        onAllow == null ? List.of() : onAllow,
        strings(
            response.hasAllowedClientHeaders(),
            response.getAllowedClientHeaders(),
            at.field("allowed_client_headers")));
  }

  private static String prefix(String prefix, FieldPath path) throws Rejection {
    if (!prefix.isEmpty() && !prefix.startsWith("/")) {
      throw new Rejection(path, "must begin with a slash");
    }
    return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
  }

  /** Who asks over HTTP cannot do without them. */
  private static List<StringMatch> withCredentials(@Nullable List<StringMatch> shown) {
    List<StringMatch> all = new ArrayList<>(shown == null ? List.of() : shown);
    all.add(new StringMatch.Exact("authorization", true));
    return all;
  }

  private @Nullable List<StringMatch> strings(boolean set, ListStringMatcher list, FieldPath path)
      throws Rejection {
    if (!set) {
      return null;
    }
    List<StringMatch> decoded = new ArrayList<>(list.getPatternsCount());
    for (int i = 0; i < list.getPatternsCount(); i++) {
      decoded.add(matches.string(list.getPatterns(i), path.field("patterns", i)));
    }
    return decoded;
  }

  /** Host and port of {@code outbound|port||host}: calls are routed as the application's are. */
  private static String authority(String cluster, FieldPath path) throws Rejection {
    String[] parts = cluster.split("\\|", -1);
    if (parts.length != 4
        || !parts[0].equals("outbound")
        || !parts[2].isEmpty()
        || parts[3].isEmpty()
        || !parts[1].chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new Rejection(
          path, "'" + cluster + "' is no cluster of a service: outbound|port||host");
    }
    return parts[3] + ":" + parts[1];
  }
}

package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.Fraction;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.Mirror;
import io.inmesh.model.Rewrite;
import io.inmesh.model.WeightedCluster;
import io.inmesh.wire.route.v1.RetrySafety;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What routes do. */
final class ActionDecoder {
  private static final int MAX_DESTINATIONS = 1000;

  /** What gRPC hashes by where nothing of the request is to count (gRFC A42): the caller. */
  private static final String GRPC_CHANNEL = "io.grpc.channel_id";

  private final Decoding decoding;
  private final HeaderDecoder headers;
  private final MatchDecoder matches;
  private final RetryDecoder retries;
  private final FilterDecoder filters;
  private final int bodyLimit;

  ActionDecoder(
      Decoding decoding,
      HeaderDecoder headers,
      MatchDecoder matches,
      RetryDecoder retries,
      FilterDecoder filters,
      int bodyLimit) {
    this.decoding = decoding;
    this.headers = headers;
    this.matches = matches;
    this.retries = retries;
    this.filters = filters;
    this.bodyLimit = bodyLimit;
  }

  @SuppressWarnings("deprecation")
  io.inmesh.model.RouteAction forward(
      RouteAction action, RetrySafety safety, CallPolicy extension, FieldPath path)
      throws Rejection {
    CallPolicy policy = extension;
    if (action.getHedgePolicy().getHedgeOnPerTryTimeout() && policy.hedge() == null) {
      policy =
          new CallPolicy(
              HedgePolicy.ON_PER_TRY_TIMEOUT,
              policy.idempotencyKeys(),
              policy.responses(),
              policy.retryConditions());
    }
    RouteAction.MaxStreamDuration stream = action.getMaxStreamDuration();
    FieldPath streamAt = path.field("max_stream_duration");
    @Nullable Duration grpcMax =
        decoding.optional(
            stream.hasGrpcTimeoutHeaderMax(),
            stream.getGrpcTimeoutHeaderMax(),
            streamAt.field("grpc_timeout_header_max"));
    if (grpcMax == null) {
      grpcMax =
          decoding.optional(
              action.hasMaxGrpcTimeout(),
              action.getMaxGrpcTimeout(),
              path.field("max_grpc_timeout"));
    }
    @Nullable Duration grpcOffset =
        decoding.optional(
            stream.hasGrpcTimeoutHeaderOffset(),
            stream.getGrpcTimeoutHeaderOffset(),
            streamAt.field("grpc_timeout_header_offset"));
    if (grpcOffset == null) {
      grpcOffset =
          decoding.optional(
              action.hasGrpcTimeoutOffset(),
              action.getGrpcTimeoutOffset(),
              path.field("grpc_timeout_offset"));
    }
    return new io.inmesh.model.RouteAction.Forward(
        destinations(action, path),
        // Unset is "none" as Istio has it, not Envoy's 15 s: control servers send what they want.
        decoding.positive(action.hasTimeout(), action.getTimeout(), path.field("timeout")),
        decoding.positive(
            action.hasIdleTimeout(), action.getIdleTimeout(), path.field("idle_timeout")),
        decoding.optional(
            stream.hasMaxStreamDuration(),
            stream.getMaxStreamDuration(),
            streamAt.field("max_stream_duration")),
        grpcMax,
        grpcOffset,
        action.hasRetryPolicy()
            ? retries.retry(action.getRetryPolicy(), safety, path.field("retry_policy"))
            : null,
        rewrite(action, path),
        hashPolicies(action, path),
        mirrors(action.getRequestMirrorPoliciesList(), path),
        action.getPriority() == RoutingPriority.HIGH,
        policy,
        notFoundStatus(action, path));
  }

  private static int notFoundStatus(RouteAction action, FieldPath path) throws Rejection {
    return switch (action.getClusterNotFoundResponseCode()) {
      case SERVICE_UNAVAILABLE -> 503;
      case NOT_FOUND -> 404;
      case INTERNAL_SERVER_ERROR -> 500;
      default ->
          throw new Rejection(
              path.field("cluster_not_found_response_code"), "is unknown to this version");
    };
  }

  private List<WeightedCluster> destinations(RouteAction action, FieldPath path) throws Rejection {
    switch (action.getClusterSpecifierCase()) {
      case CLUSTER -> {
        if (action.getCluster().isEmpty()) {
          throw new Rejection(path.field("cluster"), "is empty");
        }
        return List.of(
            new WeightedCluster(action.getCluster(), 1, HeaderChanges.NONE, Map.of(), 0));
      }
      case WEIGHTED_CLUSTERS -> {
        return split(
            action.getWeightedClusters().getClustersList(), path.field("weighted_clusters"));
      }
      default -> throw new Rejection(path, "has no destination that is supported");
    }
  }

  private List<WeightedCluster> split(List<ClusterWeight> weights, FieldPath path)
      throws Rejection {
    if (weights.size() > MAX_DESTINATIONS) {
      throw new Rejection(path.field("clusters"), "holds more than " + MAX_DESTINATIONS);
    }
    List<WeightedCluster> destinations = new ArrayList<>(weights.size());
    long sum = 0;
    for (int i = 0; i < weights.size(); i++) {
      ClusterWeight weight = weights.get(i);
      FieldPath at = path.field("clusters", i);
      if (weight.getName().isEmpty()) {
        throw new Rejection(at.field("name"), "is empty");
      }
      int share = decoding.number(weight.hasWeight(), weight.getWeight(), 0, at.field("weight"));
      sum += share;
      destinations.add(
          new WeightedCluster(
              weight.getName(),
              share,
              headers.changes(
                  weight.getRequestHeadersToAddList(),
                  weight.getRequestHeadersToRemoveList(),
                  weight.getResponseHeadersToAddList(),
                  weight.getResponseHeadersToRemoveList(),
                  at),
              filters.perRoute(weight.getTypedPerFilterConfigMap(), at),
              RouteExtensions.fixedStatus(weight.getTypedPerFilterConfigMap(), at)));
    }
    if (sum == 0) {
      throw new Rejection(path.field("clusters"), "weights sum to zero");
    }
    if (sum > Integer.MAX_VALUE) {
      throw new Rejection(path.field("clusters"), "weights sum to more than " + Integer.MAX_VALUE);
    }
    return destinations;
  }

  private Rewrite rewrite(RouteAction action, FieldPath path) throws Rejection {
    @Nullable String prefix =
        action.getPrefixRewrite().isEmpty() ? null : action.getPrefixRewrite();
    @Nullable String host =
        action.getHostRewriteLiteral().isEmpty()
            ? null
            : decoding.headerValue(
                action.getHostRewriteLiteral(), path.field("host_rewrite_literal"));
    @Nullable String regex = null;
    @Nullable String substitution = null;
    if (action.hasRegexRewrite()) {
      if (prefix != null) {
        throw new Rejection(path.field("regex_rewrite"), "excludes prefix_rewrite");
      }
      regex =
          decoding.regex(
              action.getRegexRewrite().getPattern().getRegex(),
              path.field("regex_rewrite").field("pattern").field("regex"));
      substitution = action.getRegexRewrite().getSubstitution();
    }
    return prefix == null && host == null && regex == null
        ? Rewrite.NONE
        : new Rewrite(prefix, null, regex, substitution, host);
  }

  private List<HashPolicy> hashPolicies(RouteAction action, FieldPath path) throws Rejection {
    List<HashPolicy> policies = new ArrayList<>(action.getHashPolicyCount());
    for (int i = 0; i < action.getHashPolicyCount(); i++) {
      RouteAction.HashPolicy policy = action.getHashPolicy(i);
      FieldPath at = path.field("hash_policy", i);
      boolean terminal = policy.getTerminal();
      switch (policy.getPolicySpecifierCase()) {
        case HEADER -> {
          FieldPath headerAt = at.field("header");
          RouteAction.HashPolicy.Header header = policy.getHeader();
          policies.add(
              new HashPolicy.Header(
                  decoding.headerName(header.getHeaderName(), headerAt.field("header_name")),
                  header.hasRegexRewrite()
                      ? decoding.regex(
                          header.getRegexRewrite().getPattern().getRegex(),
                          headerAt.field("regex_rewrite").field("pattern").field("regex"))
                      : null,
                  header.hasRegexRewrite() ? header.getRegexRewrite().getSubstitution() : null,
                  terminal));
        }
        case COOKIE ->
            policies.add(
                new HashPolicy.Cookie(
                    policy.getCookie().getName(),
                    decoding.optional(
                        policy.getCookie().hasTtl(),
                        policy.getCookie().getTtl(),
                        at.field("cookie").field("ttl")),
                    policy.getCookie().getPath(),
                    terminal));
        case QUERY_PARAMETER ->
            policies.add(new HashPolicy.Query(policy.getQueryParameter().getName(), terminal));
        case FILTER_STATE -> {
          String key = policy.getFilterState().getKey();
          policies.add(
              key.equals(GRPC_CHANNEL)
                  ? new HashPolicy.Source(terminal)
                  : new HashPolicy.Custom(key, terminal));
        }
        case CONNECTION_PROPERTIES -> {
          if (policy.getConnectionProperties().getSourceIp()) {
            policies.add(new HashPolicy.Source(terminal));
          }
        }
        default -> decoding.remark(at, "has no source that is supported, no effect");
      }
    }
    return policies;
  }

  /** Shadow copies; also used for virtual hosts and whole configurations. */
  List<Mirror> mirrors(List<RouteAction.RequestMirrorPolicy> policies, FieldPath path)
      throws Rejection {
    List<Mirror> mirrors = new ArrayList<>(policies.size());
    for (int i = 0; i < policies.size(); i++) {
      RouteAction.RequestMirrorPolicy policy = policies.get(i);
      FieldPath at = path.field("request_mirror_policies", i);
      if (policy.getCluster().isEmpty()) {
        decoding.remark(at, "names no cluster, no effect");
        continue;
      }
      mirrors.add(
          new Mirror(
              policy.getCluster(),
              policy.hasRuntimeFraction()
                  ? matches.fraction(policy.getRuntimeFraction(), at.field("runtime_fraction"))
                  : Fraction.ALL,
              !policy.getDisableShadowHostSuffixAppend()));
    }
    return mirrors;
  }

  io.inmesh.model.RouteAction redirect(RedirectAction action, FieldPath path) throws Rejection {
    @Nullable String scheme =
        switch (action.getSchemeRewriteSpecifierCase()) {
          case HTTPS_REDIRECT -> action.getHttpsRedirect() ? "https" : null;
          case SCHEME_REDIRECT ->
              decoding.headerValue(action.getSchemeRedirect(), path.field("scheme_redirect"));
          case SCHEMEREWRITESPECIFIER_NOT_SET -> null;
        };
    @Nullable String newPath = null;
    @Nullable String prefix = null;
    switch (action.getPathRewriteSpecifierCase()) {
      case PATH_REDIRECT ->
          newPath = decoding.headerValue(action.getPathRedirect(), path.field("path_redirect"));
      case PREFIX_REWRITE ->
          prefix = decoding.headerValue(action.getPrefixRewrite(), path.field("prefix_rewrite"));
      default -> {}
    }
    int status =
        switch (action.getResponseCode()) {
          case MOVED_PERMANENTLY -> 301;
          case FOUND -> 302;
          case SEE_OTHER -> 303;
          case TEMPORARY_REDIRECT -> 307;
          case PERMANENT_REDIRECT -> 308;
          default -> throw new Rejection(path.field("response_code"), "is unknown to this version");
        };
    int port = action.getPortRedirect();
    if (port < 0 || port > 65_535) {
      throw new Rejection(path.field("port_redirect"), "is no port");
    }
    return new io.inmesh.model.RouteAction.Redirect(
        scheme,
        action.getHostRedirect().isEmpty()
            ? null
            : decoding.headerValue(action.getHostRedirect(), path.field("host_redirect")),
        port == 0 ? null : port,
        newPath,
        prefix,
        status,
        action.getStripQuery());
  }

  io.inmesh.model.RouteAction directResponse(DirectResponseAction action, FieldPath path)
      throws Rejection {
    if (action.getStatus() < 200 || action.getStatus() > 599) {
      throw new Rejection(path.field("status"), "must be from 200 to 599");
    }
    DataSource body = action.getBody();
    String text =
        switch (body.getSpecifierCase()) {
          case INLINE_STRING -> body.getInlineString();
          case INLINE_BYTES -> body.getInlineBytes().toStringUtf8();
          case SPECIFIER_NOT_SET -> "";
          default -> throw new Rejection(path.field("body"), "must be inline");
        };
    if (text.getBytes(StandardCharsets.UTF_8).length > bodyLimit) {
      throw new Rejection(path.field("body"), "is larger than " + bodyLimit + " bytes");
    }
    return new io.inmesh.model.RouteAction.DirectResponse(action.getStatus(), text);
  }
}

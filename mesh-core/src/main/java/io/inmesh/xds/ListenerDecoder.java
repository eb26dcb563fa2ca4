package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.model.ServerTlsPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Listeners: API listeners for clients, listeners with one filter chain for servers. */
final class ListenerDecoder {
  private ListenerDecoder() {}

  static ListenerResource decode(Listener listener, Decoding decoding) throws Rejection {
    FieldPath root = FieldPath.ROOT;
    decoding.audited(listener, root);
    if (listener.getName().isEmpty()) {
      throw new Rejection(root.field("name"), "is empty");
    }
    if (listener.hasApiListener()) {
      FieldPath path = root.field("api_listener").field("api_listener");
      return listener(
          listener.getName(),
          0,
          listener.getApiListener().getApiListener(),
          ServerTlsPolicy.DISABLED,
          false,
          path,
          decoding);
    }
    int port = port(listener, root);
    FieldPath path = root.field("filter_chains", 0);
    FilterChain chain;
    if (listener.getFilterChainsCount() == 1 || bothTransports(listener)) {
      chain = listener.getFilterChains(0);
    } else if (listener.getFilterChainsCount() == 0 && listener.hasDefaultFilterChain()) {
      chain = listener.getDefaultFilterChain();
      path = root.field("default_filter_chain");
    } else {
      throw new Rejection(root.field("filter_chains"), "must hold exactly one filter chain");
    }
    if (listener.getFilterChainsCount() == 1 && listener.hasDefaultFilterChain()) {
      decoding.remark(root.field("default_filter_chain"), "is never reached, no effect");
    }
    if (listener.getFilterChainsCount() != 2
        && !chain.getFilterChainMatch().getTransportProtocol().isEmpty()) {
      throw new Rejection(
          path.field("filter_chain_match").field("transport_protocol"), "has no counterpart");
    }
    int last = chain.getFiltersCount() - 1;
    if (last < 0) {
      throw new Rejection(path.field("filters"), "is empty");
    }
    List<FilterConfig> before = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      before.add(
          new FilterDecoder(decoding, new HeaderDecoder(decoding))
              .network(chain.getFilters(i), path.field("filters", i)));
    }
    Filter filter = chain.getFilters(last);
    return listener(
            listener.getName(),
            port,
            filter.getTypedConfig(),
            new TlsDecoder(decoding).server(chains(listener), root),
            true,
            path.field("filters", last).field("typed_config"),
            decoding)
        .after(before);
  }

  private static List<FilterChain> chains(Listener listener) {
    return listener.getFilterChainsCount() == 0
        ? List.of(listener.getDefaultFilterChain())
        : listener.getFilterChainsList();
  }

  /** One chain for TLS and one for plaintext, alike otherwise: a permissive server. */
  private static boolean bothTransports(Listener listener) {
    if (listener.getFilterChainsCount() != 2) {
      return false;
    }
    FilterChain first = listener.getFilterChains(0);
    FilterChain second = listener.getFilterChains(1);
    return first.getFilterChainMatch().getTransportProtocol().equals("tls")
        && first.hasTransportSocket()
        && second.getFilterChainMatch().getTransportProtocol().equals("raw_buffer")
        && first.getFiltersList().equals(second.getFiltersList());
  }

  private static int port(Listener listener, FieldPath root) throws Rejection {
    FieldPath path = root.field("address").field("socket_address").field("port_value");
    int port = listener.getAddress().getSocketAddress().getPortValue();
    boolean any = port == 0 && listener.getName().equals(ServerListenerName.ANY_PORT);
    if ((port < 1 && !any) || port > 65_535) {
      throw new Rejection(path, "is no port, and there is no api_listener");
    }
    return port;
  }

  private static ListenerResource listener(
      String name,
      int port,
      Any manager,
      ServerTlsPolicy tls,
      boolean server,
      FieldPath path,
      Decoding decoding)
      throws Rejection {
    if (!MessageTypes.is(manager, HttpConnectionManager.class)) {
      throw new Rejection(path, "must be an HttpConnectionManager");
    }
    HttpConnectionManager http = decoding.unpack(manager, HttpConnectionManager.class, path);
    RouteDecoder routeDecoder = new RouteDecoder(decoding);
    @Nullable RouteConfig routes = null;
    @Nullable String routeName = null;
    switch (http.getRouteSpecifierCase()) {
      case ROUTE_CONFIG ->
          routes = routeDecoder.config(http.getRouteConfig(), path.field("route_config"));
      case RDS -> {
        FieldPath at = path.field("rds");
        ConfigSources.requireAds(
            http.getRds().hasConfigSource(), http.getRds().getConfigSource(), at);
        routeName = http.getRds().getRouteConfigName();
        if (routeName.isEmpty()) {
          throw new Rejection(at.field("route_config_name"), "is empty");
        }
      }
      default -> throw new Rejection(path, "has neither rds nor route_config");
    }
    @Nullable Duration maxStreamDuration =
        decoding.positive(
            http.getCommonHttpProtocolOptions().hasMaxStreamDuration(),
            http.getCommonHttpProtocolOptions().getMaxStreamDuration(),
            path.field("common_http_protocol_options").field("max_stream_duration"));
    List<FilterConfig> filters =
        new FilterDecoder(decoding, new HeaderDecoder(decoding))
            .chain(http.getHttpFiltersList(), path);
    return new ListenerResource(
        name,
        port,
        routes,
        routeName,
        filters,
        maxStreamDuration,
        tls,
        paths(http, path, decoding),
        new AccessLogDecoder(decoding).logs(http.getAccessLogList(), path),
        connections(http, server, path, decoding));
  }

  private static ServerConnectionPolicy connections(
      HttpConnectionManager http, boolean server, FieldPath path, Decoding decoding)
      throws Rejection {
    HttpProtocolOptions common = http.getCommonHttpProtocolOptions();
    FieldPath of = path.field("common_http_protocol_options");
    Http2ProtocolOptions http2 = http.getHttp2ProtocolOptions();
    ServerConnectionPolicy policy =
        new ServerConnectionPolicy(
            decoding.optional(
                common.hasIdleTimeout(), common.getIdleTimeout(), of.field("idle_timeout")),
            decoding.optional(
                common.hasMaxConnectionDuration(),
                common.getMaxConnectionDuration(),
                of.field("max_connection_duration")),
            decoding.saturated(http2.hasMaxConcurrentStreams(), http2.getMaxConcurrentStreams(), 0),
            decoding.optional(
                http.hasRequestHeadersTimeout(),
                http.getRequestHeadersTimeout(),
                path.field("request_headers_timeout")),
            decoding.optional(
                http.hasRequestTimeout(), http.getRequestTimeout(), path.field("request_timeout")),
            decoding.optional(
                http.hasStreamIdleTimeout(),
                http.getStreamIdleTimeout(),
                path.field("stream_idle_timeout")));
    if (common.hasMaxRequestsPerConnection()) {
      decoding.remark(of.field("max_requests_per_connection"), "is for clusters, no effect");
    }
    if (http2.hasConnectionKeepalive()) {
      decoding.remark(
          path.field("http2_protocol_options").field("connection_keepalive"),
          "is for clusters, no effect");
    }
    if (!server && !policy.equals(ServerConnectionPolicy.NONE)) {
      decoding.remark(path, "says when a server closes connections, no effect on callers");
    }
    return server ? policy : ServerConnectionPolicy.NONE;
  }

  private static PathPolicy paths(HttpConnectionManager http, FieldPath path, Decoding decoding)
      throws Rejection {
    FieldPath at = path.field("path_with_escaped_slashes_action");
    EscapedSlashes escaped =
        switch (http.getPathWithEscapedSlashesAction()) {
          case IMPLEMENTATION_SPECIFIC_DEFAULT, KEEP_UNCHANGED -> EscapedSlashes.KEEP;
          case REJECT_REQUEST -> EscapedSlashes.REFUSE;
          case UNESCAPE_AND_FORWARD -> EscapedSlashes.DECODE;
          case UNESCAPE_AND_REDIRECT -> {
            decoding.remark(at, "the request is served under its new path, not redirected");
            yield EscapedSlashes.DECODE;
          }
          default -> throw new Rejection(at, "is unknown to this version");
        };
    boolean normalize = http.hasNormalizePath() && http.getNormalizePath().getValue();
    if (!normalize && (http.getMergeSlashes() || escaped != EscapedSlashes.KEEP)) {
      decoding.remark(path.field("normalize_path"), "is not set, so that no path is changed");
    }
    return normalize ? new PathPolicy(true, http.getMergeSlashes(), escaped) : PathPolicy.NONE;
  }
}

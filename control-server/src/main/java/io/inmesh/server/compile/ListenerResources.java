package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.MeshDefaultsSpec.PathNormalization;
import io.inmesh.server.config.PeerAuthenticationSpec.Mode;
import io.inmesh.server.config.TlsSettings;
import java.util.List;

/** LDS: what applies to calls to a service port, and to requests arriving at a process's port. */
final class ListenerResources {
  private static final HttpFilter ROUTER =
      HttpFilter.newBuilder()
          .setName("envoy.filters.http.router")
          .setTypedConfig(Any.pack(Router.getDefaultInstance()))
          .build();

  private ListenerResources() {}

  /**
   * For callers.
   *
   * @param routes the name under which the routes come by RDS
   * @param filters that routes switch on
   * @param logs what is written of calls
   */
  static Listener client(
      String name, String routes, List<HttpFilter> filters, List<AccessLog> logs) {
    HttpConnectionManager.Builder manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(name)
            .setRds(Rds.newBuilder().setConfigSource(Protos.ADS).setRouteConfigName(routes));
    manager.addAllHttpFilters(filters).addHttpFilters(ROUTER).addAllAccessLog(logs);
    return Listener.newBuilder()
        .setName(name)
        .setApiListener(ApiListener.newBuilder().setApiListener(Any.pack(manager.build())))
        .build();
  }

  /**
   * For servers: every request is for the process itself.
   *
   * @param limits what the policies of the services of the port say
   */
  static Listener server(
      String name,
      int port,
      ServerRoutes policies,
      PathNormalization paths,
      Mode mode,
      TlsSettings settings,
      List<AccessLog> logs,
      List<CallRules> limits,
      CapabilityClass clients) {
    RouteConfiguration.Builder routes = RouteConfiguration.newBuilder().setName("inbound|" + port);
    for (ServerRoutes.Host host : policies.hosts()) {
      routes.addVirtualHosts(
          VirtualHost.newBuilder()
              .setName("inbound|" + port + "|" + host.domains().get(0))
              .addAllDomains(host.domains())
              .addAllRoutes(host.routes()));
    }
    HttpConnectionManager.Builder manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("inbound_" + port)
            .setRouteConfig(routes)
            .addAllHttpFilters(policies.filters())
            .addHttpFilters(ROUTER)
            .addAllAccessLog(logs);
    normalize(paths, manager);
    ConnectionResources.apply(limits, manager);
    FilterChain.Builder chain =
        FilterChain.newBuilder()
            .setName("inbound|" + port)
            .addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.http_connection_manager")
                    .setTypedConfig(Any.pack(manager.build())));
    Listener.Builder listener =
        Listener.newBuilder().setName(name).setAddress(EndpointResources.address("0.0.0.0", port));
    TransportSocket tls = TlsResources.downstream(settings.mesh(), clients);
    return switch (mode) {
      case DISABLE -> listener.addFilterChains(chain).build();
      // Stock gRPC has no such mode: what it cannot tell apart it refuses.
      case PERMISSIVE ->
          clients == CapabilityClass.GRPC
              ? listener.addFilterChains(chain.setTransportSocket(tls)).build()
              : listener
                  .addFilterChains(
                      chain.clone().setFilterChainMatch(transport("tls")).setTransportSocket(tls))
                  .addFilterChains(chain.setFilterChainMatch(transport("raw_buffer")))
                  .build();
      case STRICT, UNSET -> listener.addFilterChains(chain.setTransportSocket(tls)).build();
    };
  }

  private static FilterChainMatch transport(String protocol) {
    return FilterChainMatch.newBuilder().setTransportProtocol(protocol).build();
  }

  private static void normalize(PathNormalization paths, HttpConnectionManager.Builder manager) {
    if (paths == PathNormalization.NONE) {
      return;
    }
    manager
        .setNormalizePath(Protos.TRUE)
        .setMergeSlashes(paths != PathNormalization.BASE)
        .setPathWithEscapedSlashesAction(
            switch (paths) {
              case STRICT -> PathWithEscapedSlashesAction.REJECT_REQUEST;
              case DECODE_AND_MERGE_SLASHES -> PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD;
              default -> PathWithEscapedSlashesAction.KEEP_UNCHANGED;
            });
  }
}

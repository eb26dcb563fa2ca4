package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;

/** Valid resources to start from. */
final class Protos {
  static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();
  static final HttpFilter ROUTER =
      HttpFilter.newBuilder()
          .setName("envoy.filters.http.router")
          .setTypedConfig(Any.pack(Router.getDefaultInstance()))
          .build();

  private Protos() {}

  static Listener listener(String name, HttpConnectionManager manager) {
    return Listener.newBuilder()
        .setName(name)
        .setApiListener(ApiListener.newBuilder().setApiListener(Any.pack(manager)))
        .build();
  }

  static HttpConnectionManager manager(String routes) {
    return HttpConnectionManager.newBuilder()
        .setRds(Rds.newBuilder().setConfigSource(ADS).setRouteConfigName(routes))
        .addHttpFilters(ROUTER)
        .build();
  }

  /** A client listener whose routes have its name. */
  static Listener listener(String name) {
    return listener(name, manager(name));
  }

  static Listener serverListener(int port) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setRouteConfig(
                RouteConfiguration.newBuilder()
                    .setName("inbound|" + port)
                    .addVirtualHosts(
                        VirtualHost.newBuilder()
                            .setName("inbound")
                            .addDomains("*")
                            .addRoutes(
                                Route.newBuilder()
                                    .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                                    .setNonForwardingAction(
                                        NonForwardingAction.getDefaultInstance()))))
            .addHttpFilters(ROUTER)
            .build();
    return Listener.newBuilder()
        .setName(ServerListenerName.of(port))
        .setAddress(address("0.0.0.0", port))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(Filter.newBuilder().setName("hcm").setTypedConfig(Any.pack(manager))))
        .build();
  }

  static RouteConfiguration routes(String name, RouteAction.Builder action) {
    return routes(
        name, Route.newBuilder().setMatch(RouteMatch.newBuilder().setPrefix("/")).setRoute(action));
  }

  static RouteConfiguration routes(String name, Route.Builder... routes) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("all").addDomains("*");
    for (Route.Builder route : routes) {
      host.addRoutes(route);
    }
    return RouteConfiguration.newBuilder().setName(name).addVirtualHosts(host).build();
  }

  /** Everything goes to one cluster. */
  static RouteConfiguration routes(String name, String cluster) {
    return routes(name, RouteAction.newBuilder().setCluster(cluster));
  }

  static RouteAction.Builder split(String first, int firstWeight, String second, int secondWeight) {
    return RouteAction.newBuilder()
        .setWeightedClusters(
            WeightedCluster.newBuilder()
                .addClusters(weight(first, firstWeight))
                .addClusters(weight(second, secondWeight)));
  }

  static WeightedCluster.ClusterWeight weight(String name, int weight) {
    return WeightedCluster.ClusterWeight.newBuilder().setName(name).setWeight(uint(weight)).build();
  }

  static Cluster cluster(String name) {
    return Cluster.newBuilder()
        .setName(name)
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(ADS))
        .build();
  }

  static ClusterLoadAssignment endpoints(String name, int... ports) {
    LocalityLbEndpoints.Builder locality =
        LocalityLbEndpoints.newBuilder()
            .setLocality(Locality.newBuilder().setRegion("r").setZone("z"))
            .setLoadBalancingWeight(uint(1));
    for (int port : ports) {
      locality.addLbEndpoints(endpoint("127.0.0.1", port));
    }
    return ClusterLoadAssignment.newBuilder().setClusterName(name).addEndpoints(locality).build();
  }

  static LbEndpoint.Builder endpoint(String host, int port) {
    return LbEndpoint.newBuilder()
        .setEndpoint(Endpoint.newBuilder().setAddress(address(host, port)));
  }

  static Address address(String host, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(host).setPortValue(port))
        .build();
  }

  static UInt32Value uint(int value) {
    return UInt32Value.of(value);
  }
}

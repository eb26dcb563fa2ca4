package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.netty.util.NetUtil;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * What stock gRPC clients of any language demand of what they are sent, checked over everything a
 * compiler emitted: the eight rules of docs/xds-support.md, and that every name that is referred to
 * exists in the same view.
 */
final class StockClientRules {
  private static final Set<String> STANDARD_FILTERS =
      Set.of("envoy.filters.http.router", "envoy.filters.http.fault");
  private static final String OWN_TYPES = "type.googleapis.com/inmesh.";

  private StockClientRules() {}

  static void check(SortedMap<XdsKey, Message> resources) {
    resources.forEach(
        (key, message) -> {
          try {
            one(key, message);
          } catch (AssertionError e) {
            throw new AssertionError(key + ": " + e.getMessage() + "\n" + message, e);
          } catch (InvalidProtocolBufferException e) {
            fail(key + ": " + e);
          }
        });
    for (CapabilityClass clients : CapabilityClass.values()) {
      references(resources, clients);
    }
  }

  private static void one(XdsKey key, Message message) throws InvalidProtocolBufferException {
    boolean grpc = key.view().clients().equals("grpc") || key.view().clients().equals("*");
    boolean own = key.view().clients().equals("inmesh");
    if (!own) {
      assertThat(message.toString())
          .as("our extensions are for our clients")
          .doesNotContain(OWN_TYPES);
    }
    if (message instanceof Listener listener) {
      assertThat(listener.getName()).isEqualTo(key.name());
      listener(listener, grpc);
    } else if (message instanceof RouteConfiguration routes) {
      assertThat(routes.getName()).isEqualTo(key.name());
      routes(routes, grpc);
    } else if (message instanceof Cluster cluster) {
      assertThat(cluster.getName()).isEqualTo(key.name());
      cluster(cluster, grpc);
    } else if (message instanceof ClusterLoadAssignment endpoints) {
      assertThat(endpoints.getClusterName()).isEqualTo(key.name());
      endpoints(endpoints);
    } else {
      fail("unexpected type " + message.getClass());
    }
  }

  /** Rules 1 and 7. */
  private static void listener(Listener listener, boolean grpc)
      throws InvalidProtocolBufferException {
    HttpConnectionManager manager;
    if (listener.hasApiListener()) {
      manager = listener.getApiListener().getApiListener().unpack(HttpConnectionManager.class);
      assertThat(manager.getRds().getConfigSource().hasAds()).isTrue();
    } else {
      SocketAddress address = listener.getAddress().getSocketAddress();
      assertThat(address.getAddress()).isEqualTo("0.0.0.0");
      assertThat(listener.getName()).endsWith("0.0.0.0:" + address.getPortValue());
      assertThat(listener.getListenerFiltersCount()).isZero();
      assertThat(listener.getFilterChainsCount()).isEqualTo(1);
      FilterChain chain = listener.getFilterChains(0);
      assertThat(chain.getFiltersCount()).isEqualTo(1);
      manager = chain.getFilters(0).getTypedConfig().unpack(HttpConnectionManager.class);
      for (VirtualHost host : manager.getRouteConfig().getVirtualHostsList()) {
        for (Route route : host.getRoutesList()) {
          assertThat(route.hasNonForwardingAction()).isTrue();
          assertThat(route.getMatch().hasCaseSensitive()).isTrue();
        }
      }
    }
    assertThat(manager.getXffNumTrustedHops()).isZero();
    assertThat(manager.getOriginalIpDetectionExtensionsCount()).isZero();
    List<HttpFilter> filters = manager.getHttpFiltersList();
    assertThat(filters.get(filters.size() - 1).getName()).isEqualTo("envoy.filters.http.router");
    Set<String> names = new HashSet<>();
    for (HttpFilter filter : filters) {
      assertThat(names.add(filter.getName())).as("filter names are unique").isTrue();
      if (!STANDARD_FILTERS.contains(filter.getName()) && !knownPolicy(filter, grpc)) {
        assertThat(filter.getIsOptional()).as(filter.getName() + " is optional").isTrue();
      }
    }
  }

  /** Policies must not be optional; stock gRPC knows one of their types. */
  private static boolean knownPolicy(HttpFilter filter, boolean grpc) {
    String type = filter.getTypedConfig().getTypeUrl();
    return type.endsWith(".http.rbac.v3.RBAC")
        || (!grpc
            && (type.endsWith(".http.jwt_authn.v3.JwtAuthentication")
                || type.endsWith(".http.ext_authz.v3.ExtAuthz")));
  }

  /** Rules 1, 2 and 5. */
  private static void routes(RouteConfiguration routes, boolean grpc)
      throws InvalidProtocolBufferException {
    Set<String> domains = new HashSet<>();
    for (VirtualHost host : routes.getVirtualHostsList()) {
      assertThat(host.getName()).isNotEmpty();
      for (String domain : host.getDomainsList()) {
        assertThat(domains.add(domain)).as("domains are unique").isTrue();
      }
      for (Route route : host.getRoutesList()) {
        match(route.getMatch(), grpc);
        if (!routes.getName().equals(EnvoyInbound.NAME)) { // authorization is not optional
          optional(route.getTypedPerFilterConfigMap());
        }
        if (grpc) {
          assertThat(route.hasRoute()).as("redirect and direct_response are refused").isTrue();
        }
        if (route.hasRoute()) {
          action(route.getRoute(), grpc);
        }
      }
    }
  }

  @SuppressWarnings("deprecation")
  private static void match(RouteMatch match, boolean grpc) {
    assertThat(match.hasCaseSensitive()).as("case_sensitive is set").isTrue();
    if (match.hasPathSeparatedPrefix()) {
      assertThat(match.getPathSeparatedPrefix()).doesNotEndWith("/").startsWith("/");
    }
    if (grpc) {
      assertThat(match.getPathSpecifierCase())
          .isIn(
              RouteMatch.PathSpecifierCase.PATH,
              RouteMatch.PathSpecifierCase.PREFIX,
              RouteMatch.PathSpecifierCase.SAFE_REGEX);
      assertThat(match.getQueryParametersCount()).isZero();
      match
          .getHeadersList()
          .forEach(
              header -> {
                assertThat(header.getName()).matches("[0-9a-z._-]+").doesNotEndWith("-bin");
                assertThat(header.hasStringMatch()).as("string_match is too new").isFalse();
              });
    }
  }

  @SuppressWarnings("deprecation")
  private static void action(RouteAction action, boolean grpc)
      throws InvalidProtocolBufferException {
    assertThat(action.hasTimeout()).as("Envoy's default of 15 s is not ours").isTrue();
    if (grpc && Durations.isPositive(action.getTimeout())) {
      assertThat(Durations.toMillis(action.getMaxStreamDuration().getMaxStreamDuration()))
          .as("gRPC ignores the timeout")
          .isBetween(1L, Durations.toMillis(action.getTimeout()));
    }
    if (action.hasWeightedClusters()) {
      long sum = 0;
      for (WeightedCluster.ClusterWeight cluster : action.getWeightedClusters().getClustersList()) {
        assertThat(cluster.getWeight().getValue()).isPositive();
        sum += cluster.getWeight().getValue();
        optional(cluster.getTypedPerFilterConfigMap());
      }
      assertThat(sum).isBetween(1L, 0xFFFF_FFFFL);
      assertThat(action.getWeightedClusters().getTotalWeight().getValue()).isEqualTo((int) sum);
    } else {
      assertThat(action.getCluster()).isNotEmpty();
    }
    if (action.hasRetryPolicy()) {
      if (grpc) {
        assertThat(action.getRetryPolicy().getNumRetries().getValue()).isPositive();
      }
      if (action.getRetryPolicy().hasRetryBackOff()) {
        var backOff = action.getRetryPolicy().getRetryBackOff();
        assertThat(backOff.getBaseInterval().getSeconds() + backOff.getBaseInterval().getNanos())
            .isPositive();
      }
    }
  }

  private static void optional(Map<String, Any> perFilter) throws InvalidProtocolBufferException {
    for (Any config : perFilter.values()) {
      assertThat(config.unpack(FilterConfig.class).getIsOptional()).isTrue();
    }
  }

  /** Rules 3, 4 and 6. */
  private static void cluster(Cluster cluster, boolean grpc) {
    if (cluster.hasTransportSocket()) {
      assertThat(cluster.getTransportSocket().getName()).isEqualTo("envoy.transport_sockets.tls");
    }
    assertThat(cluster.getTransportSocketMatchesCount()).isZero();
    if (cluster.hasCircuitBreakers()) {
      assertThat(cluster.getLrsServer().hasSelf()).isTrue();
    }
    if (cluster.getLbPolicy() == Cluster.LbPolicy.CLUSTER_PROVIDED) {
      assertThat(grpc).as("stock clients refuse " + cluster.getLbPolicy()).isFalse();
      assertThat(cluster.hasLoadBalancingPolicy()).isFalse();
      return;
    }
    assertThat(cluster.getLbPolicy()).isEqualTo(Cluster.LbPolicy.ROUND_ROBIN);
    var policies = cluster.getLoadBalancingPolicy().getPoliciesList();
    assertThat(policies.get(policies.size() - 1).getTypedExtensionConfig().getName())
        .as("the last balancer is one every client knows")
        .isIn(
            "envoy.load_balancing_policies.round_robin",
            "envoy.load_balancing_policies.ring_hash",
            "envoy.load_balancing_policies.wrr_locality");
    if (cluster.hasClusterType()) {
      assertThat(cluster.getClusterType().getName()).isEqualTo("envoy.clusters.aggregate");
      return;
    }
    switch (cluster.getType()) {
      case EDS -> {
        String endpoints = cluster.getEdsClusterConfig().getServiceName();
        if (!endpoints.equals(Names.INVALID_BACKEND)) {
          assertThat(cluster.getName()).isIn(endpoints, Names.own(endpoints));
        }
        assertThat(cluster.getEdsClusterConfig().getEdsConfig().hasAds()).isTrue();
      }
      case LOGICAL_DNS -> {
        assertThat(cluster.getLoadAssignment().getEndpointsCount()).isEqualTo(1);
        assertThat(cluster.getLoadAssignment().getEndpoints(0).getLbEndpointsCount()).isEqualTo(1);
      }
      default -> assertThat(grpc).as("stock clients refuse " + cluster.getType()).isFalse();
    }
  }

  /** Rule 3. */
  private static void endpoints(ClusterLoadAssignment assignment) {
    record Place(Object locality, int priority) {}
    Set<Place> places = new HashSet<>();
    Set<Integer> priorities = new HashSet<>();
    Set<String> addresses = new HashSet<>();
    for (LocalityLbEndpoints locality : assignment.getEndpointsList()) {
      assertThat(places.add(new Place(locality.getLocality(), locality.getPriority())))
          .as("localities of a priority are unique")
          .isTrue();
      priorities.add(locality.getPriority());
      assertThat(locality.getLoadBalancingWeight().getValue()).isPositive();
      for (LbEndpoint endpoint : locality.getLbEndpointsList()) {
        SocketAddress address = endpoint.getEndpoint().getAddress().getSocketAddress();
        assertThat(
                NetUtil.isValidIpV4Address(address.getAddress())
                    || NetUtil.isValidIpV6Address(address.getAddress()))
            .isTrue();
        assertThat(address.getPortValue()).isBetween(1, 65_535);
        assertThat(addresses.add(address.getAddress() + " " + address.getPortValue()))
            .as("addresses are unique")
            .isTrue();
        assertThat(endpoint.getLoadBalancingWeight().getValue()).isPositive();
      }
    }
    for (int priority = 0; priority < priorities.size(); priority++) {
      assertThat(priorities).as("priorities have no gap").contains(priority);
    }
  }

  /** What one client class can see refers only to what it can see. */
  private static void references(SortedMap<XdsKey, Message> resources, CapabilityClass clients) {
    resources.forEach(
        (key, message) -> {
          if (!key.view().clients().equals(clients.id()) && !key.view().clients().equals("*")) {
            return;
          }
          if (message instanceof Listener listener && listener.hasApiListener()) {
            seen(resources, clients, key, XdsType.ROUTES, routesOf(listener));
          } else if (message instanceof Cluster cluster
              && cluster.getType() == Cluster.DiscoveryType.EDS) {
            seen(
                resources,
                clients,
                key,
                XdsType.ENDPOINTS,
                cluster.getEdsClusterConfig().getServiceName());
          } else if (message instanceof Cluster cluster
              && cluster.getClusterType().getName().equals("envoy.clusters.aggregate")) {
            for (String part : parts(cluster)) {
              seen(resources, clients, key, XdsType.CLUSTER, part);
            }
          } else if (message instanceof RouteConfiguration routes) {
            for (VirtualHost host : routes.getVirtualHostsList()) {
              for (Route route : host.getRoutesList()) {
                clusters(route.getRoute())
                    .forEach(name -> destination(resources, clients, key, name));
              }
            }
          }
        });
  }

  private static List<String> parts(Cluster aggregate) {
    try {
      return aggregate
          .getClusterType()
          .getTypedConfig()
          .unpack(ClusterConfig.class)
          .getClustersList();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(aggregate.getName(), e);
    }
  }

  private static String routesOf(Listener listener) {
    try {
      return listener
          .getApiListener()
          .getApiListener()
          .unpack(HttpConnectionManager.class)
          .getRds()
          .getRouteConfigName();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(listener.getName(), e);
    }
  }

  private static List<String> clusters(RouteAction action) {
    return action.hasCluster()
        ? List.of(action.getCluster())
        : action.getWeightedClusters().getClustersList().stream()
            .map(WeightedCluster.ClusterWeight::getName)
            .toList();
  }

  private static void destination(
      SortedMap<XdsKey, Message> resources, CapabilityClass clients, XdsKey by, String cluster) {
    if (clients == CapabilityClass.ENVOY
        && (cluster.equals(Names.INVALID_BACKEND) || cluster.equals(EnvoyInbound.APP))) {
      return; // its absence is the point
    }
    seen(resources, clients, by, XdsType.CLUSTER, cluster);
  }

  private static void seen(
      SortedMap<XdsKey, Message> resources,
      CapabilityClass clients,
      XdsKey by,
      XdsType type,
      String name) {
    View own = by.view();
    boolean found =
        Stream.concat(
                Stream.of(clients.id(), "*")
                    .map(who -> new View(who, own.namespace(), "", own.workload())),
                View.lookupOrder(clients, own.namespace()).stream())
            .anyMatch(view -> resources.containsKey(new XdsKey(type, name, view)));
    assertThat(found)
        .as("%s refers to %s %s, which %s clients see", by, type, name, clients)
        .isTrue();
  }
}

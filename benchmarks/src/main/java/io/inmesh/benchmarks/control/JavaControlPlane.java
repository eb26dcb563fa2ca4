package io.inmesh.benchmarks.control;

import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.benchmarks.control.XdsSwarm.Kind;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A control plane made of java-control-plane as its guide has it: a snapshot for each client, since
 * with ADS a snapshot is answered only to who asks for all of it, and each kind of resource with a
 * version of its own. Resources that several clients watch are the same objects. A change is said
 * on standard input, {@code endpoint SERVICE} or {@code route SERVICE}, and goes to the snapshots
 * of the clients that watch the service.
 */
final class JavaControlPlane {
  private final int endpoints;
  private final Watches watches;
  private final SimpleCache<String> cache = new SimpleCache<>(Node::getId);
  private final List<Listener> listeners = new ArrayList<>();
  private final List<Cluster> clusters = new ArrayList<>();
  private final List<RouteConfiguration> routes = new ArrayList<>();
  private final List<ClusterLoadAssignment> assignments = new ArrayList<>();
  private final Map<Integer, Integer> added = new HashMap<>();
  private int routesVersion;
  private int endpointsVersion;

  private JavaControlPlane(Watches watches, int services, int endpoints) {
    this.watches = watches;
    this.endpoints = endpoints;
    for (int s = 0; s < services; s++) {
      listeners.add(Listener.newBuilder().setName(name(Kind.LISTENER, s)).build());
      clusters.add(cluster(s));
      routes.add(route(s, 1));
      assignments.add(assignment(s, endpoints));
    }
  }

  /** Arguments: clients, services, watched and endpoints, with commas; and the port. */
  public static void main(String[] args) throws Exception {
    String[] sizes = args[0].split(",", -1);
    int services = Integer.parseInt(sizes[1]);
    Watches watches = Watches.of(Integer.parseInt(sizes[0]), services, Integer.parseInt(sizes[2]));
    JavaControlPlane plane = new JavaControlPlane(watches, services, Integer.parseInt(sizes[3]));
    for (int client = 0; client < watches.clients(); client++) {
      plane.tell(client);
    }
    NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1])))
        .addService(new V3DiscoveryServer(plane.cache).getAggregatedDiscoveryServiceImpl())
        .build()
        .start();
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    while ((line = in.readLine()) != null) {
      String[] words = line.split(" ", -1);
      plane.change(words[0], Integer.parseInt(words[1]));
    }
    System.exit(0);
  }

  private void change(String what, int service) {
    if (what.equals("endpoint")) {
      endpointsVersion++;
      assignments.set(
          service, assignment(service, endpoints + added.merge(service, 1, Integer::sum)));
    } else {
      routesVersion++;
      routes.set(service, route(service, 1 + routesVersion));
    }
    watches.of(service).forEach(this::tell);
  }

  private void tell(int client) {
    List<Integer> mine = watches.byClient().get(client);
    cache.setSnapshot(
        XdsSwarm.nodeId(client),
        Snapshot.create(
            mine.stream().map(clusters::get).toList(),
            "1",
            mine.stream().map(assignments::get).toList(),
            String.valueOf(endpointsVersion),
            mine.stream().map(listeners::get).toList(),
            "1",
            mine.stream().map(routes::get).toList(),
            String.valueOf(routesVersion),
            List.of(),
            "1"));
  }

  private static String name(Kind kind, int service) {
    return kind.names(service).get(0);
  }

  private static Cluster cluster(int service) {
    return Cluster.newBuilder()
        .setName(name(Kind.CLUSTER, service))
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder()
                .setEdsConfig(
                    ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance())))
        .build();
  }

  private static RouteConfiguration route(int service, int seconds) {
    RouteAction action =
        RouteAction.newBuilder()
            .setCluster(name(Kind.CLUSTER, service))
            .setTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(seconds))
            .build();
    return RouteConfiguration.newBuilder()
        .setName(name(Kind.ROUTES, service))
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("service" + service)
                .addDomains("*")
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                        .setRoute(action)))
        .build();
  }

  private static ClusterLoadAssignment assignment(int service, int endpoints) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (int e = 0; e < endpoints; e++) {
      int address = service * endpoints + e;
      SocketAddress socket =
          SocketAddress.newBuilder()
              .setAddress(
                  "10." + address / 62_500 + "." + address / 250 % 250 + "." + (address % 250 + 1))
              .setPortValue(8080)
              .build();
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setEndpoint(
                  Endpoint.newBuilder().setAddress(Address.newBuilder().setSocketAddress(socket))));
    }
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(name(Kind.ENDPOINTS, service))
        .addEndpoints(locality)
        .build();
  }
}

package io.inmesh.testing;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.Route;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.VirtualHost;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Snapshots made by hand. Services are in the namespace {@code default}; a service {@code orders}
 * has the listener {@code orders.default.svc.cluster.local:80} (and the one without port that gRPC
 * targets use) and the cluster {@code outbound|80||orders.default.svc.cluster.local}. Confined to
 * one thread.
 */
public final class Snapshots {
  private static final AtomicLong GENERATION = new AtomicLong();

  private final Map<String, ClientListener> listeners = new HashMap<>();
  private final Map<String, Cluster> clusters = new HashMap<>();
  private final Map<Integer, ServerListener> servers = new HashMap<>();
  private final Map<String, String> absent = new HashMap<>();

  private Snapshots() {}

  /** Nothing yet. */
  public static Snapshots builder() {
    return new Snapshots();
  }

  /** A mesh of one service on port 80, spoken to with HTTP/1.1 or HTTP/2 as ALPN agrees. */
  public static MeshSnapshot service(String name, Endpoint... endpoints) {
    return builder().add(name, endpoints).build();
  }

  /** A mesh of one service on port 80 that speaks a protocol. */
  public static MeshSnapshot service(
      String name, Cluster.Protocol protocol, Endpoint... endpoints) {
    return builder().add(name, 80, protocol, endpoints).build();
  }

  /** A healthy endpoint of weight 1. */
  public static Endpoint endpoint(String host, int port) {
    return endpoint(host, port, 1, Endpoint.Health.HEALTHY);
  }

  /** An endpoint. */
  public static Endpoint endpoint(String host, int port, int weight, Endpoint.Health health) {
    return new Endpoint(new InetSocketAddress(host, port), weight, health, "", Map.of());
  }

  /** The full name of a service. */
  public static String fqdn(String service) {
    return service.indexOf('.') < 0 ? service + ".default.svc.cluster.local" : service;
  }

  /** The name of the cluster of a service's port. */
  public static String clusterName(String service, int port) {
    return "outbound|" + port + "||" + fqdn(service);
  }

  /** A cluster with defaults: least request, no limits, plaintext. */
  public static Cluster cluster(String name, String service, List<LocalityEndpoints> localities) {
    return new Cluster(
        name,
        fqdn(service),
        localities,
        140,
        List.of(),
        BalancerPolicy.DEFAULT,
        Duration.ofSeconds(5),
        Cluster.Protocol.AUTO,
        CircuitBreakers.NONE,
        null,
        null);
  }

  /** Endpoints of one unnamed locality at priority 0. */
  public static List<LocalityEndpoints> local(Endpoint... endpoints) {
    return List.of(new LocalityEndpoints(Locality.UNKNOWN, 0, 1, List.of(endpoints)));
  }

  /** Adds a service on port 80 with one route to all its endpoints. */
  public Snapshots add(String service, Endpoint... endpoints) {
    return add(service, 80, Cluster.Protocol.AUTO, endpoints);
  }

  /** Adds a service with one route to all its endpoints. */
  public Snapshots add(String service, int port, Cluster.Protocol protocol, Endpoint... endpoints) {
    return endpoints(service, port, protocol, endpoints)
        .routes(service, port, TestRoute.any().to(clusterName(service, port)));
  }

  /** Replaces the endpoints of a service; a new one gets one route to all of them. */
  Snapshots members(String service, Cluster.Protocol protocol, Endpoint... endpoints) {
    return listeners.containsKey(fqdn(service) + ":80")
        ? endpoints(service, 80, protocol, endpoints)
        : add(service, 80, protocol, endpoints);
  }

  private Snapshots endpoints(
      String service, int port, Cluster.Protocol protocol, Endpoint... endpoints) {
    String name = clusterName(service, port);
    Cluster plain = cluster(name, service, local(endpoints));
    return cluster(
        new Cluster(
            name,
            plain.service(),
            plain.localities(),
            plain.overprovisioning(),
            plain.drops(),
            plain.balancer(),
            plain.connectTimeout(),
            protocol,
            plain.breakers(),
            plain.outliers(),
            plain.tls()));
  }

  /** Replaces the routes of a service's port. */
  public Snapshots routes(String service, int port, TestRoute... routes) {
    List<Route> built = Arrays.stream(routes).map(TestRoute::build).toList();
    return virtualHosts(
        service,
        port,
        new VirtualHost(
            service, List.of("*"), built, HeaderChanges.NONE, Map.of(), null, List.of(), true));
  }

  /** Replaces the virtual hosts of a service's port. */
  public Snapshots virtualHosts(String service, int port, VirtualHost... hosts) {
    String name = fqdn(service) + ":" + port;
    RouteConfig config =
        new RouteConfig(name, List.of(hosts), HeaderChanges.NONE, Map.of(), List.of());
    listeners.put(name, new ClientListener(name, config, List.of(), null));
    return portless(service, config);
  }

  private Snapshots portless(String service, RouteConfig config) {
    listeners.put(fqdn(service), new ClientListener(fqdn(service), config, List.of(), null));
    return this;
  }

  /** Adds or replaces a listener. */
  public Snapshots listener(ClientListener listener) {
    listeners.put(listener.name(), listener);
    return this;
  }

  /** Adds or replaces a cluster. */
  public Snapshots cluster(Cluster cluster) {
    clusters.put(cluster.name(), cluster);
    return this;
  }

  /** Says that listeners do not exist. */
  public Snapshots absent(String... names) {
    for (String name : names) {
      absent.put(name, "");
    }
    return this;
  }

  /** A server listener without policy, but with filters. */
  public Snapshots server(int port, FilterConfig... filters) {
    RouteConfig config =
        new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of());
    servers.put(port, new ServerListener(port, config, List.of(filters), ServerTlsPolicy.DISABLED));
    return this;
  }

  /** Adds or replaces a server listener. */
  public Snapshots server(ServerListener listener) {
    servers.put(listener.port(), listener);
    return this;
  }

  /** The snapshot; each has a higher generation than those before. */
  public MeshSnapshot build() {
    return new MeshSnapshot(GENERATION.incrementAndGet(), listeners, absent, clusters, servers);
  }
}

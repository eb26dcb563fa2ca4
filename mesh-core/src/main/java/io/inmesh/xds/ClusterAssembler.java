package io.inmesh.xds;

import io.inmesh.control.ControlLoop;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CalledHost;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Egress;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.Mirror;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.model.ZoneAware;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The lower half of the trees: clusters with their endpoints. Confined to the control loop. */
final class ClusterAssembler {
  private static final int MAX_NESTING = 16;

  /** What the process's own policy lets pass where the control server does not say how. */
  private static final ClusterResource PASS_THROUGH =
      new ClusterResource(
          Egress.PASSTHROUGH,
          new ClusterResource.Source.Dynamic(DnsPolicy.PASS_THROUGH),
          BalancerPolicy.DEFAULT,
          Duration.ofSeconds(10),
          Cluster.Protocol.AUTO,
          CircuitBreakers.NONE,
          null,
          null,
          List.of(),
          null,
          null,
          ConnectionPolicy.DEFAULT);

  /** A built cluster and what it was built from. */
  private record Built(ClusterResource resource, @Nullable Object endpoints, Cluster cluster) {}

  private final NodeIdentity identity;
  private final Subscriptions<ClusterResource> clusters;
  private final Subscriptions<EndpointsResource> endpoints;
  private final DnsEndpoints dns;
  private final Set<String> used = new LinkedHashSet<>();
  private final CalledHosts called = new CalledHosts();
  private Map<String, Built> built = new HashMap<>();

  ClusterAssembler(
      ConfigTransport transport,
      NodeIdentity identity,
      ControlLoop loop,
      DnsLookups lookups,
      Runnable changed) {
    this.identity = identity;
    dns = new DnsEndpoints(lookups);
    clusters = new Subscriptions<>(ResourceKind.CLUSTER, transport, loop, changed);
    endpoints = new Subscriptions<>(ResourceKind.ENDPOINTS, transport, loop, changed);
  }

  Subscriptions<ClusterResource> clusters() {
    return clusters;
  }

  Subscriptions<EndpointsResource> endpoints() {
    return endpoints;
  }

  /** Nothing is used or needed yet in this pass. */
  void begin() {
    clusters.unmark();
    endpoints.unmark();
    dns.begin();
    used.clear();
  }

  /** Whether every cluster a route may choose is known, endpoints included; asks for the rest. */
  boolean ready(RouteConfig config) {
    boolean ready = true;
    for (String name : names(config)) {
      ready &= ready(name, 0);
    }
    return ready;
  }

  /** The clusters of these routes are part of the snapshot. */
  void use(RouteConfig config) {
    used.addAll(names(config));
  }

  /** Every used cluster that exists. */
  Map<String, Cluster> build() {
    Map<String, Built> next = new HashMap<>();
    Map<String, Cluster> result = new HashMap<>();
    for (String name : used) {
      ready(name, 0);
      Cluster cluster = build(name, next, new HashSet<>());
      if (cluster != null) {
        result.put(name, cluster);
      }
    }
    for (CalledHost host : called.all()) {
      ClusterResource like = dynamic(host.cluster());
      if (like != null && like.endpoints() instanceof ClusterResource.Source.Dynamic dynamic) {
        Cluster cluster =
            build(like.of(host, dynamic.policy()), service(like.name()), next, new HashSet<>());
        if (cluster != null) {
          result.put(cluster.name(), cluster);
        }
      }
    }
    built = next;
    return result;
  }

  /** The hosts of dynamic clusters that are in use. */
  CalledHosts called() {
    return called;
  }

  private @Nullable ClusterResource dynamic(String name) {
    ClusterResource said = used.contains(name) ? clusters.need(name).valueOrNull() : null;
    return said == null && name.equals(Egress.PASSTHROUGH) ? PASS_THROUGH : said;
  }

  void sweep() {
    clusters.sweep();
    endpoints.sweep();
    dns.sweep();
  }

  /** Where logical hosts lead, as found by {@link #build}. */
  Map<InetSocketAddress, InetAddress> hosts() {
    return dns.hosts();
  }

  void close() {
    clusters.close();
    endpoints.close();
    dns.close();
    called.clear();
    built.clear();
  }

  private boolean ready(String name, int depth) {
    Subscription<ClusterResource> subscription = clusters.need(name);
    ClusterResource resource = subscription.valueOrNull();
    if (resource == null) {
      return subscription.settled();
    }
    if (resource.endpoints() instanceof ClusterResource.Source.Eds eds) {
      return endpoints.need(eds.serviceName()).settled();
    }
    if (resource.endpoints() instanceof ClusterResource.Source.Dns named) {
      return dns.resolve(named) != null;
    }
    // An aggregate; a dynamic cluster has nothing to wait for.
    boolean ready = true;
    if (resource.endpoints() instanceof ClusterResource.Source.Aggregate aggregate
        && depth < MAX_NESTING) {
      for (String child : aggregate.clusters()) {
        ready &= ready(child, depth + 1);
      }
    }
    return ready;
  }

  private @Nullable Cluster build(String name, Map<String, Built> next, Set<String> path) {
    Built done = next.get(name);
    if (done != null) {
      return done.cluster();
    }
    Subscription<ClusterResource> subscription = clusters.need(name);
    ClusterResource resource = subscription.valueOrNull();
    if (resource == null) {
      // Unknown for now: what was known stays. Known to be gone: gone.
      return subscription.settled() ? null : keep(name, built.get(name), next);
    }
    return build(resource, service(name), next, path);
  }

  private @Nullable Cluster build(
      ClusterResource resource, String service, Map<String, Built> next, Set<String> path) {
    String name = resource.name();
    Built before = built.get(name);
    Object source;
    EndpointsResource found;
    if (resource.endpoints() instanceof ClusterResource.Source.Eds eds) {
      Subscription<EndpointsResource> watched = endpoints.need(eds.serviceName());
      if (!watched.settled() && before != null) {
        return keep(name, before, next);
      }
      EndpointsResource value = watched.valueOrNull();
      source = value == null ? "none" : value;
      found = value == null ? EndpointsResource.empty(eds.serviceName()) : value;
    } else if (resource.endpoints() instanceof ClusterResource.Source.Inline inline) {
      source = inline.endpoints();
      found = inline.endpoints();
    } else if (resource.endpoints() instanceof ClusterResource.Source.Dns named) {
      EndpointsResource resolved = dns.resolve(named);
      if (resolved == null) {
        return keep(name, before, next);
      }
      source = resolved;
      found = resolved;
    } else if (resource.endpoints() instanceof ClusterResource.Source.Dynamic dynamic) {
      source = dynamic;
      found = EndpointsResource.empty(name);
    } else if (resource.endpoints() instanceof ClusterResource.Source.Aggregate aggregate) {
      return aggregate(resource, aggregate.clusters(), next, path);
    } else {
      throw new IllegalStateException("unknown source " + resource.endpoints());
    }
    BalancerPolicy balancer = amongCallers(resource.balancer());
    Built current =
        before != null
                && before.resource().equals(resource)
                && Objects.equals(before.endpoints(), source)
                && before.cluster().balancer().equals(balancer)
            ? before
            : new Built(resource, source, cluster(resource, service, balancer, found));
    next.put(name, current);
    return current.cluster();
  }

  /** Zone-aware routing needs to know where other instances of this process's service are. */
  private BalancerPolicy amongCallers(BalancerPolicy policy) {
    ZoneAware zones = policy.zoneAware();
    if (zones == null) {
      return policy;
    }
    EndpointsResource callers = endpoints.need(identity.localCluster()).valueOrNull();
    return policy.withZoneAware(
        zones.among(
            callers == null
                ? null
                : new ZoneAware.Callers(identity.locality(), callers.localities())));
  }

  private static @Nullable Cluster keep(
      String name, @Nullable Built before, Map<String, Built> next) {
    if (before == null) {
      return null;
    }
    next.put(name, before);
    return before.cluster();
  }

  /** Until all children are known, what was there before stays. */
  private @Nullable Cluster aggregate(
      ClusterResource resource, List<String> children, Map<String, Built> next, Set<String> path) {
    Built before = built.get(resource.name());
    if (before != null && !ready(resource.name(), 0)) {
      return keep(resource.name(), before, next);
    }
    if (!path.add(resource.name()) || path.size() > MAX_NESTING) {
      return null;
    }
    List<Cluster> parts = new ArrayList<>();
    for (String child : children) {
      Cluster cluster = build(child, next, path);
      if (cluster != null) {
        parts.add(cluster);
      }
    }
    path.remove(resource.name());
    if (parts.isEmpty()) {
      return null;
    }
    Cluster cluster = AggregateCluster.of(resource, service(resource.name()), parts);
    Built current =
        before != null && before.cluster().equals(cluster)
            ? before
            : new Built(resource, null, cluster);
    next.put(resource.name(), current);
    return current.cluster();
  }

  private static Cluster cluster(
      ClusterResource resource,
      String service,
      BalancerPolicy balancer,
      EndpointsResource endpoints) {
    return new Cluster(
        resource.name(),
        service,
        secured(endpoints.localities(), resource.tlsMatches()),
        endpoints.overprovisioning(),
        endpoints.drops(),
        balancer,
        resource.connectTimeout(),
        resource.protocol(),
        resource.breakers(),
        resource.outliers(),
        resource.tls(),
        resource.accrual(),
        resource.healthCheck(),
        resource.connections(),
        resource.endpoints() instanceof ClusterResource.Source.Dynamic);
  }

  /** Marks the endpoints that are reached in plaintext. */
  private static List<LocalityEndpoints> secured(
      List<LocalityEndpoints> localities, List<TlsMatch> matches) {
    if (matches.isEmpty()) {
      return localities;
    }
    return localities.stream()
        .map(
            locality ->
                new LocalityEndpoints(
                    locality.locality(),
                    locality.priority(),
                    locality.weight(),
                    locality.endpoints().stream()
                        .map(
                            endpoint ->
                                secured(endpoint, matches)
                                    ? endpoint
                                    : TlsMatch.plaintext(endpoint))
                        .toList()))
        .toList();
  }

  private static boolean secured(Endpoint endpoint, List<TlsMatch> matches) {
    for (TlsMatch match : matches) {
      if (match.matches(endpoint)) {
        return match.secured();
      }
    }
    return false;
  }

  /** The last part of {@code outbound|port|subset|fqdn}, else the whole name. */
  static String service(String cluster) {
    int bar = cluster.lastIndexOf('|');
    return bar < 0 || bar == cluster.length() - 1 ? cluster : cluster.substring(bar + 1);
  }

  private static Collection<String> names(RouteConfig config) {
    Set<String> names = new LinkedHashSet<>();
    mirrors(config.mirrors(), names);
    for (VirtualHost host : config.virtualHosts()) {
      mirrors(host.mirrors(), names);
      for (Route route : host.routes()) {
        if (route.action() instanceof RouteAction.Forward forward) {
          for (WeightedCluster destination : forward.clusters()) {
            if (destination.fixedStatus() == 0) {
              names.add(destination.cluster());
            }
          }
          mirrors(forward.mirrors(), names);
        }
      }
    }
    return names;
  }

  private static void mirrors(List<Mirror> mirrors, Set<String> names) {
    for (Mirror mirror : mirrors) {
      names.add(mirror.cluster());
    }
  }
}

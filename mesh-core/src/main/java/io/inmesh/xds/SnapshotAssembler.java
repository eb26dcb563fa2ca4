package io.inmesh.xds;

import io.inmesh.control.ControlLoop;
import io.inmesh.control.HostResolver;
import io.inmesh.control.Randomness;
import io.inmesh.model.CalledHost;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the tree below each wanted listener — routes, clusters, endpoints — and publishes
 * complete trees only: while a new version of a listener still misses something, the previous one
 * stays, with its clusters. Names that do not exist are part of the snapshot. Confined to the
 * control loop.
 */
final class SnapshotAssembler {
  private static final System.Logger LOG = System.getLogger(SnapshotAssembler.class.getName());
  private static final int MAX_LISTENERS = 20_000;
  private static final long FORGET_ABSENT_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** In the place of a port, for listeners of clients. */
  private static final int CLIENT = -1;

  /** In the place of a port, for {@link ServerListenerName#ANY_PORT}. */
  private static final int ANY_PORT = 0;

  /** A wanted listener. */
  private static final class Root {
    final int port;
    long wantedAt;
    @Nullable Tree published;

    Root(int port, long now) {
      this.port = port;
      wantedAt = now;
    }
  }

  /** A complete listener with its routes. */
  private record Tree(ListenerResource resource, RouteConfig routes, ClientListener listener) {
    ServerListener server(int port) {
      return new ServerListener(
          port,
          routes,
          resource.filters(),
          resource.tls(),
          resource.paths(),
          resource.accessLogs(),
          resource.connections());
    }
  }

  private final ControlLoop loop;
  private final SnapshotSink sink;
  private final Runnable assembled;
  private final Subscriptions<ListenerResource> listeners;
  private final Subscriptions<RouteConfig> routes;
  private final ClusterAssembler clusters;
  private final Map<String, Root> roots = new LinkedHashMap<>();
  private MeshSnapshot snapshot = MeshSnapshot.EMPTY;
  private boolean scheduled;
  private boolean forgetting;
  private boolean forgettingHosts;
  private boolean refusedWant;
  private boolean closed;

  /**
   * Nothing is wanted yet.
   *
   * @param loopback whether names that calls make up may mean this host, for development
   * @param assembled called after every pass, whether or not it published something
   */
  SnapshotAssembler(
      ConfigTransport transport,
      NodeIdentity identity,
      ControlLoop loop,
      HostResolver resolver,
      boolean loopback,
      Randomness random,
      SnapshotSink sink,
      Runnable assembled) {
    this.loop = loop;
    this.sink = sink;
    this.assembled = assembled;
    listeners = new Subscriptions<>(ResourceKind.LISTENER, transport, loop, this::changed);
    routes = new Subscriptions<>(ResourceKind.ROUTES, transport, loop, this::changed);
    clusters =
        new ClusterAssembler(
            transport,
            identity,
            loop,
            new DnsLookups(resolver, loop, random, loopback, this::changed),
            this::changed);
  }

  /** Wants a client listener, now or still. */
  void want(String name) {
    want(name, CLIENT);
  }

  /** Wants what applies to a port of this process, for ever. */
  void serve(int port) {
    want(ServerListenerName.of(port), port);
    want(ServerListenerName.ANY_PORT, ANY_PORT);
  }

  private void want(String name, int port) {
    loop.checkInLoop();
    if (closed) {
      return;
    }
    Root root = roots.get(name);
    if (root != null) {
      root.wantedAt = loop.clock().nanoTime();
      return;
    }
    if (roots.size() >= MAX_LISTENERS) {
      if (!refusedWant) {
        refusedWant = true;
        LOG.log(
            Level.WARNING,
            "more than {0} services were asked for; ''{1}'' and later ones are not looked up",
            MAX_LISTENERS,
            name);
      }
      return;
    }
    roots.put(name, new Root(port, loop.clock().nanoTime()));
    listeners.need(name);
    changed();
  }

  /** Wants the cluster of a host, now or still. */
  void want(CalledHost host) {
    loop.checkInLoop();
    if (!closed && clusters.called().use(host, loop.clock().nanoTime())) {
      changed();
      forgetUnusedLater();
    }
  }

  /** What was published last. */
  MeshSnapshot snapshot() {
    return snapshot;
  }

  /** Whether it is known what to do about a wanted listener. */
  boolean resolved(String name) {
    return snapshot.listeners().containsKey(name) || snapshot.absent().containsKey(name);
  }

  /** Whether it is known what applies to a served port. */
  boolean resolvedServer(int port) {
    String own = ServerListenerName.of(port);
    return settled(own)
        && (listeners.need(own).state != Subscription.State.ABSENT
            || settled(ServerListenerName.ANY_PORT));
  }

  private boolean settled(String name) {
    Root root = roots.get(name);
    return root != null && (root.published != null || listeners.need(name).settled());
  }

  /** Every subscription, for the config dump. */
  List<Subscriptions<?>> subscriptions() {
    return List.of(listeners, routes, clusters.clusters(), clusters.endpoints());
  }

  void close() {
    closed = true;
    roots.clear();
    listeners.close();
    routes.close();
    clusters.close();
  }

  private void changed() {
    if (!scheduled && !closed) {
      scheduled = true;
      loop.execute(this::assemble);
    }
  }

  private void assemble() {
    scheduled = false;
    if (closed) {
      return;
    }
    listeners.unmark();
    routes.unmark();
    clusters.begin();
    Map<String, ClientListener> client = new HashMap<>();
    Map<Integer, ServerListener> server = new HashMap<>();
    Map<String, String> absent = new HashMap<>();
    List<Integer> unlisted = new ArrayList<>();
    for (Map.Entry<String, Root> entry : roots.entrySet()) {
      Root root = entry.getValue();
      Subscription<ListenerResource> listener = listeners.need(entry.getKey());
      if (listener.state == Subscription.State.ABSENT
          || listener.state == Subscription.State.REFUSED) {
        root.published = null;
        if (root.port == CLIENT) {
          absent.put(entry.getKey(), listener.absence);
        } else if (listener.state == Subscription.State.ABSENT) {
          unlisted.add(root.port);
        }
        continue;
      }
      grow(root, listener);
      if (root.published != null) {
        Tree tree = root.published;
        clusters.use(tree.routes());
        if (root.port == CLIENT) {
          client.put(entry.getKey(), tree.listener());
        } else {
          server.put(root.port, tree.server(root.port));
        }
      }
    }
    serveUnlisted(unlisted, server);
    Map<String, Cluster> built = clusters.build();
    Map<InetSocketAddress, InetAddress> hosts = clusters.hosts();
    listeners.sweep();
    routes.sweep();
    clusters.sweep();
    publish(new MeshSnapshot(snapshot.generation() + 1, client, absent, built, server, hosts));
    forgetAbsentLater(absent);
    assembled.run();
  }

  /** What applies to any port applies to those that have nothing of their own. */
  private void serveUnlisted(List<Integer> ports, Map<Integer, ServerListener> server) {
    server.remove(ANY_PORT);
    Root root = roots.get(ServerListenerName.ANY_PORT);
    Tree any = root == null ? null : root.published;
    if (any != null) {
      ports.forEach(port -> server.put(port, any.server(port)));
    }
  }

  /** Replaces the published tree if the new one is complete. */
  private void grow(Root root, Subscription<ListenerResource> listener) {
    ListenerResource resource = listener.valueOrNull();
    if (resource == null) {
      return;
    }
    RouteConfig config = resource.routes();
    if (config == null && resource.routeName() != null) {
      Subscription<RouteConfig> subscription = routes.need(resource.routeName());
      if (!subscription.settled()) {
        return;
      }
      config = subscription.valueOrNull();
      if (config == null) {
        config = noRoutes(resource.routeName());
      }
    }
    if (config == null) {
      return;
    }
    Tree before = root.published;
    if (before != null
        && Objects.equals(before.resource(), resource)
        && before.routes().equals(config)) {
      return;
    }
    if (clusters.ready(config)) {
      ClientListener published =
          new ClientListener(
              resource.name(),
              config,
              resource.filters(),
              resource.maxStreamDuration(),
              resource.accessLogs());
      root.published = new Tree(resource, config, published);
    }
  }

  private static RouteConfig noRoutes(String name) {
    return new RouteConfig(name, List.of(), HeaderChanges.NONE, Map.of(), List.of());
  }

  private void publish(MeshSnapshot next) {
    if (next.sameAs(snapshot)) {
      return;
    }
    snapshot = next;
    try {
      sink.publish(snapshot);
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, "a new configuration is not usable, the previous one stays in force", e);
    }
  }

  private void forgetUnusedLater() {
    if (forgettingHosts) {
      return;
    }
    forgettingHosts = true;
    loop.schedule(
        CalledHosts.UNUSED_NANOS,
        () -> {
          forgettingHosts = false;
          if (clusters.called().forget(loop.clock().nanoTime())) {
            changed();
          }
          if (!clusters.called().all().isEmpty()) {
            forgetUnusedLater();
          }
        });
  }

  /** Names that do not exist and that nobody asks for are not watched for ever. */
  private void forgetAbsentLater(Map<String, String> absent) {
    if (forgetting || absent.isEmpty()) {
      return;
    }
    forgetting = true;
    loop.schedule(
        FORGET_ABSENT_NANOS,
        () -> {
          forgetting = false;
          long now = loop.clock().nanoTime();
          Iterator<Map.Entry<String, Root>> each = roots.entrySet().iterator();
          while (each.hasNext()) {
            Map.Entry<String, Root> entry = each.next();
            if (snapshot.absent().containsKey(entry.getKey())
                && now - entry.getValue().wantedAt >= FORGET_ABSENT_NANOS) {
              each.remove();
            }
          }
          changed();
        });
  }
}

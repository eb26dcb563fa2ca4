package io.inmesh.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.SynchronizationContext;
import io.inmesh.control.Randomness;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one channel: one for each endpoint of each cluster its calls can reach, kept
 * open. Changes happen in the channel's synchronization context; calls read a published map.
 *
 * <p>An endpoint that disappears loses its connection for new calls at once; those in flight on it
 * finish.
 */
final class Connections {
  /** How long a connection fails before it is begun anew. */
  static final Duration RENEWAL = Duration.ofSeconds(10);

  private final SynchronizationContext sync;
  private final long renewNanos;
  private final Set<Placement> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean republishing = new AtomicBoolean();
  private final AtomicInteger version = new AtomicInteger();
  private volatile Map<String, ClusterConnections> published = Map.of();

  // Confined to the synchronization context.
  private final Map<InetSocketAddress, Connection> all = new HashMap<>();
  private final Map<String, Cluster> learned = new HashMap<>();
  private Map<String, Cluster> told = Map.of();
  private @Nullable Helper helper;

  Connections(SynchronizationContext sync, Duration renewal) {
    this.sync = sync;
    this.renewNanos = renewal.toNanos();
  }

  /** Grows whenever a pick that found nothing might find something. */
  int version() {
    return version.get();
  }

  /** The connections to a cluster's endpoints; null if there are none yet. */
  @Nullable ClusterConnections to(Cluster cluster) {
    return published.get(cluster.name());
  }

  /** Wakes an attempt with the next change. */
  void await(Placement placement) {
    waiting.add(placement);
  }

  void forget(Placement placement) {
    if (!waiting.isEmpty()) {
      waiting.remove(placement);
    }
  }

  /** Has gRPC ask again about the streams it holds back; from any thread, soon. */
  void republish() {
    if (republishing.compareAndSet(false, true)) {
      sync.execute(
          () -> {
            republishing.set(false);
            if (helper != null) {
              helper.updateBalancingState(overall(), new Picker());
            }
          });
    }
  }

  /** All clusters that can be reached from now on; callable from any thread. */
  void reachable(Map<String, Cluster> now) {
    sync.execute(
        () -> {
          told = now;
          learned.clear();
          rebuild();
        });
  }

  /** A cluster that a call is sent to and {@link #reachable} did not tell of; from any thread. */
  void learn(Cluster cluster) {
    sync.execute(
        () -> {
          if (!told.containsKey(cluster.name())) {
            learned.put(cluster.name(), cluster);
            rebuild();
          }
        });
  }

  /** The channel has a balancer; in the synchronization context. */
  void open(Helper channel) {
    helper = channel;
    rebuild();
  }

  /** The channel is idle or shut down; in the synchronization context. */
  void close() {
    helper = null;
    all.values().forEach(Connection::close);
    all.clear();
    published = Map.of();
    wake();
  }

  private void rebuild() {
    if (helper == null) {
      return;
    }
    Map<String, ClusterConnections> next = new HashMap<>();
    Map<InetSocketAddress, Connection> used = new HashMap<>();
    Map<String, Cluster> clusters = new HashMap<>(learned);
    clusters.putAll(told);
    for (Cluster cluster : clusters.values()) {
      ClusterConnections before = published.get(cluster.name());
      if (before != null && before.isOf(cluster)) {
        used.putAll(before.byAddress());
        next.put(cluster.name(), before);
        continue;
      }
      Map<InetSocketAddress, Connection> byAddress = new HashMap<>();
      if (cluster.tls() == null) {
        for (LocalityEndpoints locality : cluster.localities()) {
          for (Endpoint endpoint : locality.endpoints()) {
            byAddress.put(endpoint.address(), connect(helper, endpoint.address()));
          }
        }
      }
      used.putAll(byAddress);
      next.put(cluster.name(), new ClusterConnections(cluster, byAddress));
    }
    published = next;
    Iterator<Map.Entry<InetSocketAddress, Connection>> kept = all.entrySet().iterator();
    while (kept.hasNext()) {
      Map.Entry<InetSocketAddress, Connection> entry = kept.next();
      if (!used.containsKey(entry.getKey())) {
        kept.remove();
        entry.getValue().close();
      }
    }
    changed();
  }

  private Connection connect(Helper channel, InetSocketAddress address) {
    Connection known = all.get(address);
    if (known != null) {
      return known;
    }
    Connection connection = new Connection(address);
    all.put(address, connection);
    open(channel, connection);
    return connection;
  }

  private void open(Helper channel, Connection connection) {
    Subchannel subchannel =
        channel.createSubchannel(
            CreateSubchannelArgs.newBuilder()
                .setAddresses(List.of(new EquivalentAddressGroup(connection.address())))
                .build());
    connection.use(subchannel);
    subchannel.start(state -> stateOf(connection, subchannel, state));
    subchannel.requestConnection();
  }

  private void stateOf(Connection connection, Subchannel of, ConnectivityStateInfo state) {
    if (!connection.uses(of) || state.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    boolean failed = connection.failing();
    connection.state(state);
    if (state.getState() == ConnectivityState.IDLE) {
      of.requestConnection();
    }
    if (connection.failing() && !failed) {
      renewLater(connection);
    }
    changed();
  }

  /**
   * A subchannel's back-off grows to two minutes, far too long for a server that was restarted. So
   * one that keeps failing is replaced by a fresh one from time to time.
   */
  private void renewLater(Connection connection) {
    Helper channel = helper;
    if (channel != null) {
      double jitter = 0.8 + 0.4 * Randomness.SYSTEM.nextDouble();
      connection.renewal(
          sync.schedule(
              () -> renew(connection),
              (long) (renewNanos * jitter),
              TimeUnit.NANOSECONDS,
              channel.getScheduledExecutorService()));
    }
  }

  private void renew(Connection connection) {
    Helper channel = helper;
    if (channel != null && connection.failing()) {
      open(channel, connection);
      renewLater(connection);
    }
  }

  /** Tells the channel, then whoever waits. */
  private void changed() {
    if (helper != null) {
      helper.updateBalancingState(overall(), new Picker());
      wake();
    }
  }

  private void wake() {
    version.incrementAndGet();
    for (Placement placement : waiting.toArray(new Placement[0])) {
      if (waiting.remove(placement)) {
        placement.wake();
      }
    }
  }

  private ConnectivityState overall() {
    boolean failing = false;
    boolean connecting = false;
    for (Connection connection : all.values()) {
      if (connection.ready()) {
        return ConnectivityState.READY;
      }
      failing |= connection.failing();
      connecting |= !connection.failing();
    }
    return failing && !connecting
        ? ConnectivityState.TRANSIENT_FAILURE
        : ConnectivityState.CONNECTING;
  }

  /** The choice was made before the stream began; this hands it to gRPC. */
  private final class Picker extends SubchannelPicker {
    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      AttemptStream<?, ?> stream = args.getCallOptions().getOption(AttemptStream.KEY);
      return stream == null ? Unplaced.RESULT : stream.placement().place(Connections.this);
    }
  }

  /** For streams that did not come through the engine. */
  private static final class Unplaced {
    static final PickResult RESULT =
        PickResult.withDrop(
            io.grpc.Status.UNAVAILABLE.withDescription(
                "a mesh:/// channel needs its config selector; do not disable the service config"
                    + " look-up"));
  }
}

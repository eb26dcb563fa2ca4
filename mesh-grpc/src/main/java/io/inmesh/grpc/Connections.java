package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.LoadReport;
import io.inmesh.call.Outbound;
import io.inmesh.control.Randomness;
import io.inmesh.identity.Credentials;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.TlsPolicy;
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
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one channel: one for each endpoint of each cluster its calls can reach, made
 * ahead of need. Changes happen in the channel's synchronization context; calls read a published
 * map.
 *
 * <p>An endpoint that disappears loses its connection for new calls at once; those in flight on it
 * finish.
 */
final class Connections {
  /** How long a connection fails before it is begun anew. */
  static final Duration RENEWAL = Duration.ofSeconds(10);

  private static final Status NO_TLS =
      Status.UNAVAILABLE
          .withDescription(
              "the service is to be reached by TLS, which this channel cannot do: build it with"
                  + " MeshChannels, or with MeshChannels.credentials()")
          .withCause(new SSLException("no TLS in this channel"));

  private final SynchronizationContext sync;
  private final Duration renewal;
  private final Outbound outbound;
  private final Set<LiveConnection> live = ConcurrentHashMap.newKeySet();
  private final Set<Placement> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean republishing = new AtomicBoolean();
  private final AtomicInteger version = new AtomicInteger();
  private volatile Map<String, ClusterConnections> published = Map.of();

  // Confined to the synchronization context.
  private final Map<Target, Connection> all = new HashMap<>();
  private final Map<String, Cluster> learned = new HashMap<>();
  private Map<String, Cluster> told = Map.of();
  private @Nullable Helper helper;

  Connections(SynchronizationContext sync, Duration renewal, Outbound outbound) {
    this.sync = sync;
    this.renewal = renewal;
    this.outbound = outbound;
  }

  // ---- for calls

  /** Grows whenever a pick that found nothing might find something. */
  int version() {
    return version.get();
  }

  /** The connections to a cluster's endpoints; null if there are none yet. */
  @Nullable ClusterConnections to(Cluster cluster) {
    return published.get(cluster.name());
  }

  /** The connection to an endpoint that another one led to before; null: none any more. */
  @Nullable Connection same(Cluster cluster, Endpoint endpoint) {
    ClusterConnections now = to(cluster);
    return now == null ? null : now.to(endpoint);
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

  // ---- what there is to connect to: from any thread

  /** All clusters that can be reached from now on. */
  void reachable(Map<String, Cluster> now) {
    sync.execute(
        () -> {
          told = now;
          learned.clear();
          rebuild();
        });
  }

  /** A cluster that a call is sent to and {@link #reachable} did not tell of. */
  void learn(Cluster cluster) {
    sync.execute(
        () -> {
          if (!told.containsKey(cluster.name())) {
            learned.put(cluster.name(), cluster);
            rebuild();
          }
        });
  }

  /** Keys or trust have changed: judges what is open, then connects anew. */
  void secureAnew() {
    for (LiveConnection connection : live) {
      TlsGeneration generation = connection.generation;
      if (generation != null && connection.session != null) {
        connection.apply(generation.standing(connection.session), false);
      }
    }
    sync.execute(
        () -> {
          all.values().forEach(this::secure);
          changed();
        });
  }

  // ---- the balancer's life: in the synchronization context

  /** The channel has a balancer. */
  void open(Helper channel) {
    helper = channel;
    rebuild();
  }

  /** The channel is idle or shut down. */
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
    Map<Target, Connection> used = new HashMap<>();
    Map<String, Cluster> clusters = new HashMap<>(learned);
    clusters.putAll(told);
    for (Cluster cluster : clusters.values()) {
      ClusterConnections before = published.get(cluster.name());
      ClusterConnections now = before != null && before.isOf(cluster) ? before : connect(cluster);
      now.byAddress().values().forEach(connection -> used.put(connection.target(), connection));
      next.put(cluster.name(), now);
    }
    published = next;
    Iterator<Map.Entry<Target, Connection>> kept = all.entrySet().iterator();
    while (kept.hasNext()) {
      Map.Entry<Target, Connection> entry = kept.next();
      if (!used.containsKey(entry.getKey())) {
        kept.remove();
        entry.getValue().close();
      }
    }
    changed();
  }

  private ClusterConnections connect(Cluster cluster) {
    Map<InetSocketAddress, Connection> byAddress = new HashMap<>();
    for (LocalityEndpoints locality : cluster.localities()) {
      for (Endpoint endpoint : locality.endpoints()) {
        byAddress.put(endpoint.address(), connect(Target.of(cluster, endpoint)));
      }
    }
    return new ClusterConnections(cluster, byAddress);
  }

  private Connection connect(Target target) {
    Connection known = all.get(target);
    if (known != null) {
      return known;
    }
    Connection connection = new Connection(this, target);
    all.put(target, connection);
    secure(connection);
    return connection;
  }

  // ---- single connections: in the synchronization context

  /** As its policy says, with what is in force now; without an identity it has to wait for one. */
  void secure(Connection connection) {
    TlsPolicy policy = connection.target().tls();
    if (policy == null) {
      connection.secure(null);
    } else if (helper != null
        && !MeshCredentials.understood(helper.getUnsafeChannelCredentials())) {
      connection.impossible(NO_TLS);
    } else {
      TlsGeneration generation = outbound.tls(policy);
      if (generation != null) {
        connection.secure(generation);
      } else if (policy.credential() != null) {
        connection.impossible(
            Status.UNAVAILABLE.withDescription(Credentials.missing(policy.credential())));
      }
    }
  }

  /** A subchannel that is not started yet. */
  Link open(Connection connection, @Nullable TlsGeneration generation) {
    if (helper == null) {
      throw new IllegalStateException("the channel has no balancer");
    }
    Target target = connection.target();
    StreamSlots slots =
        new StreamSlots(
            target.connections().maxStreams(),
            target.connections().maxRequests(),
            target.watches());
    Attributes attributes =
        Attributes.newBuilder()
            .set(Wiring.KEY, new Wiring(target, generation, slots, live))
            .build();
    EquivalentAddressGroup address =
        new EquivalentAddressGroup(outbound.resolved(target.address()), attributes);
    return new Link(
        connection,
        helper.createSubchannel(
            CreateSubchannelArgs.newBuilder().setAddresses(List.of(address)).build()),
        slots,
        generation);
  }

  /** Begins a connection that fails anew after a while. */
  @Nullable ScheduledHandle renewLater(Connection connection) {
    return later(renewal, () -> renew(connection, connection::renew));
  }

  /** Replaces a connection when it is old. */
  @Nullable ScheduledHandle replaceLater(Connection connection, Duration age) {
    return later(age, () -> renew(connection, connection::replace));
  }

  /** The last stream of a link that gives way has ended; from any thread. */
  void over(Link link) {
    sync.execute(link.subchannel::shutdown);
  }

  /** Replaces a link that has had its calls; from any thread. */
  void replaceSoon(Connection connection, Link worn) {
    sync.execute(() -> renew(connection, generation -> connection.replace(worn, generation)));
  }

  /** Connects for calls what rests; from any thread. */
  void wake(Connection connection) {
    sync.execute(connection::wake);
  }

  /** Adds a link to a connection that has no room; from any thread. */
  void grow(Connection connection, ConnectionPermit permit) {
    sync.execute(
        () -> {
          if (!renew(connection, generation -> connection.grow(generation, permit))) {
            permit.closed();
          }
        });
  }

  /** Asks the server at the other end of a connection for news. */
  <ReqT, RespT> ConnectionWatch<ReqT, RespT> watch(
      Link link,
      MethodDescriptor<ReqT, RespT> method,
      ReqT request,
      ConnectionWatch.Reader<RespT> reader) {
    if (helper == null) {
      throw new IllegalStateException("the channel has no balancer");
    }
    return new ConnectionWatch<>(
        link.subchannel, sync, helper.getScheduledExecutorService(), method, request, reader);
  }

  /** A server has reported its load. */
  void reported(Target from, LoadReport load) {
    if (from.load() != null) {
      outbound.reported(from.load().cluster(), from.address(), load);
    }
  }

  /** Give or take a fifth, so that what began together does not happen together. */
  @Nullable ScheduledHandle later(Duration time, Runnable task) {
    if (helper == null) {
      return null;
    }
    double jitter = 0.8 + 0.4 * Randomness.SYSTEM.nextDouble();
    return sync.schedule(
        task,
        (long) (time.toNanos() * jitter),
        TimeUnit.NANOSECONDS,
        helper.getScheduledExecutorService());
  }

  /** False: it cannot be secured now. */
  private boolean renew(Connection connection, Consumer<@Nullable TlsGeneration> how) {
    TlsPolicy policy = connection.target().tls();
    TlsGeneration generation = policy == null ? null : outbound.tls(policy);
    if (helper == null || connection.closed() || (policy != null && generation == null)) {
      return false;
    }
    how.accept(generation);
    return true;
  }

  /** Something changed: tells the channel, then whoever waits. */
  void changed() {
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
    boolean connecting = all.isEmpty();
    for (Connection connection : all.values()) {
      if (connection.ready()) {
        return ConnectivityState.READY;
      }
      failing |= connection.failing();
      connecting |= !connection.failing() && !connection.resting();
    }
    if (connecting) {
      return ConnectivityState.CONNECTING;
    }
    return failing ? ConnectivityState.TRANSIENT_FAILURE : ConnectivityState.IDLE;
  }

  /** The choice was made before the stream began; this hands it to gRPC. */
  private final class Picker extends SubchannelPicker {
    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      MeshStream<?, ?> stream = args.getCallOptions().getOption(MeshStream.KEY);
      return stream == null ? Unplaced.RESULT : stream.placement.place(Connections.this);
    }
  }

  /** For streams that did not come through the engine. */
  private static final class Unplaced {
    static final PickResult RESULT =
        PickResult.withDrop(
            Status.UNAVAILABLE.withDescription(
                "a mesh:/// channel needs its config selector; do not disable the service config"
                    + " look-up"));
  }
}

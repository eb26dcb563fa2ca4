package io.inmesh.call.engine;

import io.inmesh.balance.BalancerCompiler;
import io.inmesh.balance.ClusterBalancer;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Host;
import io.inmesh.balance.HostSet;
import io.inmesh.balance.HostTable;
import io.inmesh.balance.PickerFactory;
import io.inmesh.balance.Probes;
import io.inmesh.call.RequestHead;
import io.inmesh.control.ControlLoop;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.RetryRatio;
import io.inmesh.model.TlsPolicy;
import io.inmesh.resilience.ClusterLoad;
import io.inmesh.resilience.HedgeRules;
import io.inmesh.resilience.RatioBudget;
import io.inmesh.telemetry.CallMetrics;
import io.inmesh.telemetry.Edge;
import io.inmesh.telemetry.Service;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One cluster of one configuration at run time. The balancer can be replaced without a new
 * configuration (ejections); states and loads are shared with the configurations before and after.
 */
final class ClusterRuntime {
  /** Where Envoy's concurrency budget is all that was asked for. */
  private static final RetryRatio UNLIMITED =
      new RetryRatio(100, Duration.ofSeconds(10), Integer.MAX_VALUE, Duration.ofSeconds(1));

  private static final long IN_USE_NANOS = TimeUnit.MINUTES.toNanos(1);

  final Cluster model;

  /** Whether its endpoints are mesh peers, who may see the mesh's own header fields. */
  final boolean inMesh;

  final ClusterLoad standardLoad;
  final ClusterLoad highLoad;

  /** Copies of requests that went elsewhere. */
  final ClusterLoad shadows;

  /** Bounds retries and hedges of all calls to it over a window of time. */
  final RatioBudget retries;

  /** For calls that ask for hedging where no policy does. */
  final HedgeRules hedges;

  private final HostTable hosts;

  /**
   * What is known about addresses that were called or are judged; shared with other configurations.
   */
  private final Map<InetSocketAddress, EndpointState> states;

  private final Destinations destinations;
  private final BalancerCompiler compiler;
  private final PickerFactory.Setting setting;

  /** Shared with the configurations before and after. */
  final ClusterHealth health;

  /** Where attempts say how a host did. */
  final HostReports reports;

  private volatile ClusterBalancer balancer;

  /** When it was said last that it is in use; only the clusters of called hosts are forgotten. */
  private volatile long saidInUse;

  private ClusterRuntime(
      Cluster model,
      @Nullable ClusterRuntime before,
      String domainSuffix,
      BalancerCompiler compiler,
      PickerFactory.Setting setting,
      CallMetrics metrics,
      ClusterHealth health) {
    this.model = model;
    this.compiler = compiler;
    this.setting = setting;
    this.health = health;
    this.reports = new HostReports(model, health);
    this.saidInUse = setting.clock().nanoTime();
    TlsPolicy tls = model.tls();
    this.inMesh =
        tls == null
            ? model.service().endsWith("." + domainSuffix)
            : tls.mode() == TlsPolicy.Mode.MESH;
    this.standardLoad = before == null ? new ClusterLoad() : before.standardLoad;
    this.highLoad = before == null ? new ClusterLoad() : before.highLoad;
    this.shadows = before == null ? new ClusterLoad() : before.shadows;
    RetryRatio ratio = ratio(model.breakers());
    this.retries =
        before != null && before.retries.ratio().equals(ratio)
            ? before.retries
            : new RatioBudget(ratio);
    this.hedges = before == null ? new HedgeRules(HedgePolicy.OF_APPLICATIONS) : before.hedges;
    Service service = Service.ofCluster(model.name(), model.service());
    this.destinations = before == null ? new Destinations(metrics, service) : before.destinations;
    this.states = before == null ? new ConcurrentHashMap<>() : before.states;
    this.hosts = hosts(before);
    destinations.keep(states.values());
    this.balancer =
        compiler.compile(model, hosts, setting, before == null ? null : before.balancer);
  }

  private HostTable hosts(@Nullable ClusterRuntime before) {
    HostTable table;
    if (before != null && before.model.localities().equals(model.localities())) {
      table = before.hosts;
    } else {
      long now = setting.clock().nanoTime();
      table =
          new HostTable(
              model.localities(),
              address -> states.computeIfAbsent(address, added -> new EndpointState(now)));
      if (before != null) {
        carryOver(before.hosts, table, now);
      }
    }
    boolean judged =
        model.outliers() != null
            || model.accrual() != null
            || model.healthCheck() != null
            || model.balancer().slowStart() != null;
    return judged ? table.complete() : table;
  }

  /** Forgets addresses that are gone; those that are healthy again may start slowly. */
  private void carryOver(HostTable before, HostTable now, long nowNanos) {
    states
        .entrySet()
        .removeIf(
            known -> {
              Endpoint.Health health = now.told(known.getKey());
              if (health == Endpoint.Health.HEALTHY
                  && before.told(known.getKey()) == Endpoint.Health.UNHEALTHY) {
                known.getValue().healthyAgain(nowNanos);
              }
              return health == null;
            });
  }

  /** The cluster, continuing what is known from before. */
  static ClusterRuntime next(
      Cluster model,
      @Nullable ClusterRuntime before,
      String domainSuffix,
      BalancerCompiler compiler,
      PickerFactory.Setting setting,
      CallMetrics metrics,
      ControlLoop loop,
      @Nullable Probes probes) {
    if (before != null && before.model.equals(model)) {
      return before;
    }
    ClusterHealth health =
        before == null ? new ClusterHealth(loop, setting.random(), metrics, probes) : before.health;
    return new ClusterRuntime(model, before, domainSuffix, compiler, setting, metrics, health);
  }

  /** Where nothing is said about retries, they have the usual budget. */
  private static RetryRatio ratio(CircuitBreakers breakers) {
    RetryRatio said = breakers.retryRatio();
    if (said != null) {
      return said;
    }
    return breakers.standard().retryBudget() == null && breakers.high().retryBudget() == null
        ? RetryRatio.DEFAULT
        : UNLIMITED;
  }

  /**
   * Counts a retry or hedge in, against both kinds of budget; false: there is none left.
   *
   * @param unprocessed whether it repeats what certainly was not executed: that adds no work, so
   *     the usual budget does not bound it, only one that was configured
   */
  boolean tryRetry(boolean highPriority, boolean unprocessed, long nowNanos) {
    ClusterLoad load = load(highPriority);
    if (!load.tryRetry(limits(highPriority))) {
      return false;
    }
    boolean free = unprocessed && model.breakers().retryRatio() == null;
    if (!free && !retries.tryRetry(nowNanos)) {
      load.retryOver();
      return false;
    }
    return true;
  }

  /** A retry or hedge that was counted in is over. */
  void retryOver(boolean highPriority) {
    load(highPriority).retryOver();
  }

  /** Balances again, because the health of hosts changed. On the control loop. */
  void rebalance() {
    balancer = compiler.compile(model, hosts, setting, balancer);
  }

  /** Whether connections are made where the next requests will probably go. */
  boolean predicts() {
    return model.connections().preconnect().predictive() > 1;
  }

  /**
   * So many endpoints after a host, of those that may take its place: round robin goes there next,
   * and others may.
   */
  @Nullable Endpoint after(Host host, int step) {
    HostSet members = balancer.members();
    int start = 0;
    while (start < members.size() && members.get(start).state() != host.state()) {
      start++;
    }
    int left = step;
    for (int i = 1; i < members.size(); i++) {
      Host next = members.get((start + i) % members.size());
      boolean alike =
          next.priority() == host.priority()
              && next.endpoint().health() == host.endpoint().health()
              && next.state().usable()
              && Objects.equals(model.tls(next.endpoint()), model.tls(host.endpoint()));
      if (alike && --left == 0) {
        return next.endpoint();
      }
    }
    return null;
  }

  /** How metrics see calls to a host; null: to none. */
  Edge edge(@Nullable Host host) {
    return destinations.edge(host);
  }

  /** Whether it is time to say that it is in use, which it is taken to be said then. */
  boolean notSaidToBeInUse(long nowNanos) {
    if (nowNanos - saidInUse < IN_USE_NANOS) {
      return false;
    }
    saidInUse = nowNanos;
    return true;
  }

  /** Whether responses shall say how loaded the endpoints are. */
  boolean wantsLoad(RequestHead.Kind kind) {
    return inMesh && reports.wantsLoad(kind);
  }

  ClusterBalancer balancer() {
    return balancer;
  }

  ClusterLoad load(boolean highPriority) {
    return highPriority ? highLoad : standardLoad;
  }

  CircuitBreakers.Limits limits(boolean highPriority) {
    return highPriority ? model.breakers().high() : model.breakers().standard();
  }

  /** Whether nothing is in flight. */
  boolean idle() {
    return standardLoad.requests() == 0
        && standardLoad.retries() == 0
        && highLoad.requests() == 0
        && highLoad.retries() == 0
        && standardLoad.pending() == 0
        && highLoad.pending() == 0
        && shadows.requests() == 0
        && shadows.pending() == 0
        && states.values().stream().allMatch(state -> state.inFlight() == 0);
  }

  /** What is known about addresses that were called or are judged. */
  Collection<EndpointState> states() {
    return states.values();
  }

  /** What is known about an address; null if no endpoint has it. */
  @Nullable EndpointState state(InetSocketAddress address) {
    Host host = hosts.host(address);
    return host == null ? null : host.state();
  }

  /** The endpoint at an address, if its health lets it keep its sessions; else null. */
  @Nullable Host sticky(InetSocketAddress address) {
    Host host = hosts.host(address);
    if (host == null) {
      return null;
    }
    Set<Endpoint.Health> keepers = model.balancer().sticky();
    return keepers.contains(host.endpoint().health())
            && (host.state().usable() || keepers.contains(Endpoint.Health.UNHEALTHY))
        ? host
        : null;
  }
}

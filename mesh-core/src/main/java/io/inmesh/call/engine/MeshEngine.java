package io.inmesh.call.engine;

import io.inmesh.RequestOptions;
import io.inmesh.balance.BuiltInPickers;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.PickerFactory;
import io.inmesh.balance.Prober;
import io.inmesh.balance.Probes;
import io.inmesh.balance.XxHash64;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Inbound;
import io.inmesh.call.LoadReport;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.filter.BuiltInFilters;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.filter.authz.AccessFilterFactory;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CalledHost;
import io.inmesh.model.Cluster;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.TlsPolicy;
import io.inmesh.resilience.RetryCondition;
import io.inmesh.route.HashKey;
import io.inmesh.telemetry.AccessLogWriter;
import io.inmesh.telemetry.CallMetrics;
import io.inmesh.telemetry.CallSpans;
import io.inmesh.telemetry.Service;
import io.inmesh.telemetry.TracePropagation;
import io.inmesh.telemetry.Workload;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls on the newest configuration. Thread-safe; {@link #update} is called by one thread at a
 * time.
 */
public final class MeshEngine implements Outbound {
  private static final System.Logger LOG = System.getLogger(MeshEngine.class.getName());

  /** Requests that arrived before it is known what applies to them. */
  private static final int MAX_WAITING_INBOUND = 1000;

  /** Calls that wait for configuration or endpoints are memory; more than this fail at once. */
  private static final int MAX_WAITING = 10_000;

  final EngineSettings settings;
  final Clock clock;
  final Randomness random;
  final MeshNames names;
  final TracePropagation propagation;
  final CallMetrics metrics;
  final CallSpans spans;
  final AccessLogWriter accessLog;
  final ServerLoad load;
  private final Demand demand;
  private final ControlLoop loop;

  /** The hash of this process's own instance. */
  final long self;

  private final TlsMaterial tls;
  private final FilterRegistry registry;
  private final MeshCompiler compiler;
  final UnknownHosts unknownHosts;
  private final Set<MeshCall> waiting = ConcurrentHashMap.newKeySet();
  private final Set<ServerWait> waitingInbound = ConcurrentHashMap.newKeySet();
  private final Set<NameWatch> watches = ConcurrentHashMap.newKeySet();
  private final List<Runnable> serverTlsWatches = new CopyOnWriteArrayList<>();
  private volatile CompiledMesh mesh = CompiledMesh.EMPTY;

  private MeshEngine(Builder builder) {
    this.settings = builder.settings;
    this.clock = builder.clock;
    this.random = builder.random;
    this.demand = builder.demand;
    this.loop = builder.loop == null ? new InlineLoop(builder.clock) : builder.loop;
    this.self = XxHash64.hash(builder.instance);
    this.tls = builder.tls;
    this.metrics = new CallMetrics(builder.telemetry, self(settings), selfService(settings));
    this.spans = new CallSpans(builder.telemetry);
    this.accessLog = new AccessLogWriter(builder.telemetry);
    this.load = new ServerLoad(builder.clock, builder.utilization);
    this.propagation = new TracePropagation(builder.telemetry);
    this.names = new MeshNames(settings);
    this.registry = new FilterRegistry(filters(builder));
    this.compiler =
        new MeshCompiler(
            settings,
            builder.pickers,
            registry,
            new Extensions(builder.retryConditions, builder.hashKeys),
            clock,
            loop,
            random,
            metrics,
            builder.prober == null ? null : new Probes(builder.prober),
            self);
    this.unknownHosts = new UnknownHosts(settings.egress(), compiler);
  }

  private static List<FilterFactory> filters(Builder builder) {
    List<FilterFactory> filters = new ArrayList<>(builder.filters);
    filters.add(new AccessFilterFactory(builder.telemetry));
    filters.addAll(
        BuiltInFilters.of(
            builder.clock,
            builder.random,
            builder.loop == null ? MeshEngine::noTimers : builder.loop));
    return filters;
  }

  /** The types of filters that this engine can run. */
  public Set<String> filterTypes() {
    return registry.types();
  }

  /** Begins to build an engine. */
  public static Builder builder(EngineSettings settings) {
    return new Builder(settings);
  }

  /**
   * Puts a new configuration into force: compiles it, then one volatile write. Calls that wait for
   * configuration go on; calls under way keep what they pinned. What cannot be compiled keeps its
   * previous version while the rest proceeds.
   *
   * @return what could not be compiled, by name, and why
   */
  public Map<String, String> update(MeshSnapshot snapshot) {
    CompiledMesh before = mesh;
    CompiledMesh next = compiler.compile(snapshot, before);
    next.problems.forEach(
        (name, problem) -> {
          if (!problem.equals(before.problems.get(name))) {
            LOG.log(System.Logger.Level.WARNING, "configuration kept as it was: {0}", problem);
          }
        });
    mesh = next;
    if (!next.serverTls.equals(before.serverTls)) {
      serverTlsWatches.forEach(Runnable::run);
    }
    next.clusters.forEach(
        (name, cluster) -> {
          if (cluster != before.clusters.get(name)) {
            cluster.health.follow(cluster);
          }
        });
    before.clusters.forEach(
        (name, cluster) -> {
          if (!next.clusters.containsKey(name)) {
            cluster.health.close();
          }
        });
    for (NameWatch watch : watches) {
      watch.look(next);
    }
    waitingInbound.forEach(wait -> wait.look(next));
    for (MeshCall call : new ArrayList<>(waiting)) {
      if (waiting.remove(call)) {
        call.wake();
      }
    }
    return Collections.unmodifiableMap(next.problems);
  }

  private static Cancellable noTimers(long delayNanos, Runnable task) {
    throw new IllegalStateException("the engine was built without a control loop");
  }

  /** The configuration in force. */
  public MeshSnapshot snapshot() {
    return mesh.snapshot;
  }

  @Override
  public OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport) {
    Context context = Context.current();
    RequestOptions said = options.request();
    RequestOptions asked = said == null ? RequestOptions.from(context) : said;
    return new MeshCall(this, mesh, head, options, asked, transport, context);
  }

  /** Admits the requests that arrive at a port. */
  public Inbound inbound(int port) {
    return new InboundPort(this, port);
  }

  private static Workload self(EngineSettings settings) {
    return new Workload(settings.service(), settings.namespace(), settings.version(), "");
  }

  private static Service selfService(EngineSettings settings) {
    return new Service(
        settings.service() + "." + settings.namespace() + "." + settings.domainSuffix(), 0);
  }

  @Override
  public boolean isMeshName(String authority) {
    return names.isMeshName(MeshNames.Parts.of(authority).host()) || mesh.declares(authority);
  }

  @Override
  public Cancellable watch(
      String authority, RequestHead.Kind kind, Consumer<Map<String, Cluster>> clusters) {
    NameWatch watch = new NameWatch(this, authority, kind, clusters);
    loop.execute(
        () -> {
          watches.add(watch);
          watch.look(mesh);
        });
    return () -> {
      watch.close();
      watches.remove(watch);
    };
  }

  @Override
  public InetSocketAddress resolved(InetSocketAddress endpoint) {
    return mesh.snapshot.resolved(endpoint);
  }

  /** What an authority leads to; asks for what nobody has asked for yet. */
  Resolution resolve(CompiledMesh in, String authority, String scheme, RequestHead.Kind kind) {
    List<String> candidates = names.candidates(authority, scheme, kind);
    boolean unknown = false;
    for (String candidate : candidates) {
      ServiceRoutes service = in.services.get(candidate);
      if (service != null && !unknown) {
        return new Resolution(service, false, candidates);
      }
      if (service == null
          && !in.snapshot.absent().containsKey(candidate)
          && !in.problems.containsKey(candidate)) {
        unknown = true;
        demand.wanted(candidate);
      }
    }
    return new Resolution(null, unknown, candidates);
  }

  /** The cluster of a host that a call names; null: it was asked for. */
  @Nullable ClusterRuntime called(CalledHost host, CompiledMesh in) {
    ClusterRuntime found = in.clusters.get(host.clusterName());
    if (found == null || found.notSaidToBeInUse(clock.nanoTime())) {
      demand.wanted(host);
    }
    return found;
  }

  /** Whether no call waits or is in flight: what tests assert when they are done. */
  public boolean idle() {
    return waiting.isEmpty()
        && mesh.clusters.values().stream().allMatch(ClusterRuntime::idle)
        && unknownHosts.idle();
  }

  CompiledMesh mesh() {
    return mesh;
  }

  /**
   * Completes when it is known what applies to a port, when the time is over, or at once when too
   * many wait.
   */
  CompletableFuture<Void> awaitServer(int port, long nanos) {
    if (waitingInbound.size() >= MAX_WAITING_INBOUND || nanos <= 0) {
      return CompletableFuture.completedFuture(null);
    }
    ServerWait wait = new ServerWait(port);
    waitingInbound.add(wait);
    wait.look(mesh); // it may have become known meanwhile
    return wait.known
        .completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS)
        .whenComplete((done, failure) -> waitingInbound.remove(wait));
  }

  /** A request that waits for what applies to its port. */
  private static final class ServerWait {
    private final int port;
    private final CompletableFuture<Void> known = new CompletableFuture<>();

    ServerWait(int port) {
      this.port = port;
    }

    void look(CompiledMesh next) {
      if (next.servers.containsKey(port)) {
        known.complete(null);
      }
    }
  }

  /**
   * Has a call woken after the next update; the caller looks at {@link #mesh} once more after.
   *
   * @return false: too many wait already
   */
  boolean await(MeshCall call) {
    return waiting.size() < MAX_WAITING && waiting.add(call);
  }

  void forget(MeshCall call) {
    waiting.remove(call);
  }

  /** A retry that was configured did not happen, because it could repeat what must not be. */
  void retryWithheld(RoutePlan plan, RequestHead head) {
    if (plan.withheld.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0} {1}: not retried although route ''{2}'' says so, because it may have been processed"
              + " and is not known to be idempotent; mark the call idempotent, or allow it in a"
              + " RoutePolicy (reported once per route)",
          head.method(),
          head.authority(),
          plan.route.name());
    }
  }

  @Override
  public @Nullable TlsGeneration tls(TlsPolicy policy) {
    return tls.client(policy);
  }

  @Override
  public void reported(String cluster, InetSocketAddress endpoint, LoadReport report) {
    ClusterRuntime to = mesh.clusters.get(cluster);
    if (to == null) {
      return;
    }
    EndpointState from = to.state(endpoint);
    if (from != null
        && to.model.balancer().algorithm() instanceof BalancerPolicy.Algorithm.Utilization by) {
      LoadReports.received(report, from, by.errorPenalty(), clock.nanoTime());
    }
  }

  @Override
  public Cancellable watchTls(Runnable changed) {
    return tls.watch(changed);
  }

  TlsMaterial tls() {
    return tls;
  }

  long epochSeconds() {
    return clock.epochMillis() / 1000;
  }

  /** Runs a task when the way connections to a port are secured may have changed. */
  Cancellable watchServerTls(Runnable changed) {
    serverTlsWatches.add(changed);
    Cancellable material = tls.watch(changed);
    return () -> {
      serverTlsWatches.remove(changed);
      material.cancel();
    };
  }

  /** Collects what an engine needs; everything has a default. Confined to one thread. */
  public static final class Builder {
    private final EngineSettings settings;
    private Clock clock = Clock.SYSTEM;
    private Randomness random = Randomness.SYSTEM;
    private Demand demand = Demand.NONE;
    private @Nullable ControlLoop loop;
    private String instance = "";
    private final List<FilterFactory> filters = new ArrayList<>();
    private OpenTelemetry telemetry = OpenTelemetry.noop();
    private PickerFactory pickers = new BuiltInPickers();
    private Map<String, RetryCondition> retryConditions = Map.of();
    private Map<String, HashKey> hashKeys = Map.of();
    private DoubleSupplier utilization = () -> 0;
    private TlsMaterial tls = new TlsMaterial();
    private @Nullable Prober prober;

    private Builder(EngineSettings settings) {
      this.settings = settings;
    }

    /** Time. */
    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /** Randomness. */
    public Builder random(Randomness value) {
      random = value;
      return this;
    }

    /** Who is asked for configuration that a call needs. */
    public Builder demand(Demand value) {
      demand = value;
      return this;
    }

    /**
     * The control loop, where {@link MeshEngine#update} is called, watches are told, the health of
     * endpoints is judged and delays of filters end. Without one, nothing is judged from time to
     * time, and no filter may delay.
     */
    public Builder loop(ControlLoop value) {
      loop = value;
      return this;
    }

    /** What tells this process from others of its service. */
    public Builder instance(String value) {
      instance = value;
      return this;
    }

    /** Adds a type of filter. */
    public Builder filter(FilterFactory value) {
      filters.add(value);
      return this;
    }

    /** Where metrics and spans go, and how trace context travels. */
    public Builder telemetry(OpenTelemetry value) {
      telemetry = value;
      return this;
    }

    /** How full the application is by its own account; 0: it has none. */
    public Builder utilization(DoubleSupplier value) {
      utilization = value;
      return this;
    }

    /** What routes may name as conditions of retries. */
    public Builder retryConditions(Map<String, RetryCondition> value) {
      retryConditions = value;
      return this;
    }

    /** What routes may name to hash requests by. */
    public Builder hashKeys(Map<String, HashKey> value) {
      hashKeys = value;
      return this;
    }

    /** Who makes endpoint pickers. */
    public Builder pickers(PickerFactory value) {
      pickers = value;
      return this;
    }

    /**
     * What connections are secured with where the configuration says so; while there is none, calls
     * fail rather than go out in plaintext.
     */
    public Builder tls(TlsMaterial value) {
      tls = value;
      return this;
    }

    /** Who asks endpoints whether they work; without one, nobody does. */
    public Builder prober(Prober value) {
      prober = value;
      return this;
    }

    /** The engine; its first configuration is empty. */
    public MeshEngine build() {
      return new MeshEngine(this);
    }
  }
}

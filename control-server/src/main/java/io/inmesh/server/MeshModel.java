package io.inmesh.server;

import io.inmesh.control.ControlLoop;
import io.inmesh.server.ads.ClientRegistry;
import io.inmesh.server.ads.DebounceLanes;
import io.inmesh.server.ads.DebounceLanes.Lane;
import io.inmesh.server.ads.DebounceWindow;
import io.inmesh.server.ads.Propagation;
import io.inmesh.server.ads.ResourceBatch;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.compile.CompileUpdate;
import io.inmesh.server.compile.MeshCompiler;
import io.inmesh.server.compile.Workload;
import io.inmesh.server.compile.XdsKey;
import io.inmesh.server.compile.XdsResource;
import io.inmesh.server.compile.XdsType;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.registry.PropagationGate;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import io.opentelemetry.api.metrics.Meter;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Owns the compiler. Changes of instances are gathered in the fast lane; changes of configuration
 * come gathered from their source. Both are compiled on one loop, and what they change for clients
 * is published.
 */
final class MeshModel implements PropagationGate {
  private static final System.Logger LOG = System.getLogger(MeshModel.class.getName());
  private static final int LOGGED = 50;
  private static final int MAX_INTRODUCED = 10_000;
  private static final int INTRODUCTION_SECONDS = 2;

  private final ControlLoop loop;
  private final ResourceStore store;
  private final Supplier<ClientRegistry> clients;
  private final Meter meter;
  private final MeshCompiler compiler;
  private final ModelMetrics metrics;
  private DebounceWindow window = DebounceWindow.ENDPOINTS;
  private DebounceLanes<ServiceKey> lanes;
  private ConfigSet config = ConfigSet.EMPTY;
  private RegistrySnapshot registry = RegistrySnapshot.EMPTY;

  /**
   * What the last push with a change of a service touched.
   *
   * @param clusters whose endpoints changed, in the last push that changed any
   * @param listeners that changed with them: usually none
   */
  private record Touched(Set<String> clusters, Set<String> listeners) {
    static final Touched NOTHING = new Touched(Set.of(), Set.of());
  }

  private final Map<ServiceKey, Touched> touched = new HashMap<>();

  private record Wave(long revision, CompletableFuture<Reach> reached) {}

  /** What instances of a service wait for at present. */
  private final Map<ServiceKey, Wave> waves = new HashMap<>();

  private final Set<Workload> introduced = ConcurrentHashMap.newKeySet();
  private long firstEventNanos;
  private boolean eventPending;
  private volatile List<Finding> findings = List.of();

  MeshModel(
      ControlLoop loop,
      ResourceStore store,
      Supplier<ClientRegistry> clients,
      Supplier<List<Finding>> allFindings,
      boolean secure,
      Meter meter) {
    this.compiler = new MeshCompiler(secure);
    this.loop = loop;
    this.store = store;
    this.clients = clients;
    this.meter = meter;
    this.metrics = new ModelMetrics(meter, allFindings);
    this.lanes = newLanes();
  }

  private DebounceLanes<ServiceKey> newLanes() {
    return new DebounceLanes<>(
        loop,
        window,
        DebounceWindow.CONFIG,
        store::lastPushNanos,
        meter,
        (lane, services) -> compileRegistry(services));
  }

  /** Compiles the first state of both sources as one, then opens the store. */
  CompletableFuture<Void> start(ConfigSet first, RegistrySnapshot snapshot) {
    return CompletableFuture.runAsync(
        () -> {
          config = first;
          registry = snapshot;
          configure(first.meshDefaults());
          compiler.configChanged(first);
          compiler.registryChanged(snapshot, snapshot.services().keySet());
          ResourceBatch.Builder batch = ResourceBatch.builder().complete();
          compiler
              .resources()
              .forEach(
                  (key, message) ->
                      batch.upsert(
                          key.type().typeUrl(), key.name(), key.view().toString(), message));
          store.publish(batch.build());
          found(compiler.findings());
          store.markReady();
        },
        loop);
  }

  /** Any thread; already gathered. */
  void configChanged(ConfigSet changed) {
    long since = loop.clock().nanoTime();
    loop.execute(
        () -> {
          if (!changed.generation().equals(config.generation())) {
            config = changed;
            configure(changed.meshDefaults());
            publish(compiler.configChanged(changed), since);
            metrics.compiled(true, loop.clock().nanoTime() - since);
          }
        });
  }

  /** Any thread; in the order of the snapshots. */
  void registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services) {
    loop.execute(
        () -> {
          if (snapshot.revision() > registry.revision()) {
            registry = snapshot;
            if (!eventPending) {
              eventPending = true;
              firstEventNanos = loop.clock().nanoTime();
            }
            services.forEach(service -> lanes.submit(Lane.ENDPOINTS, service));
          }
        });
  }

  /**
   * Has what applies to a workload served before it is answered: waits for that, a moment at most,
   * the first time such a workload connects. Any thread but the loop.
   */
  void introduce(Workload workload) {
    if (introduced.size() >= MAX_INTRODUCED || !introduced.add(workload)) {
      return;
    }
    long since = loop.clock().nanoTime();
    CompletableFuture<Void> known =
        CompletableFuture.runAsync(
            () -> {
              CompileUpdate update = compiler.workloadConnected(workload);
              if (!update.isEmpty()) {
                publish(update, since);
              }
            },
            loop);
    try {
      known.get(INTRODUCTION_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(System.Logger.Level.WARNING, "what applies to " + workload + " comes late", e);
    }
  }

  /** What the compiler finds wrong. Any thread. */
  List<Finding> findings() {
    return findings;
  }

  private void configure(MeshDefaultsSpec defaults) {
    MeshDefaultsSpec.Debounce wanted = defaults.endpointDebounce();
    DebounceWindow changed = new DebounceWindow(wanted.quiet(), wanted.cap(), true);
    if (!changed.equals(window)) {
      window = changed;
      lanes.pushNow();
      lanes.close();
      lanes = newLanes();
    }
  }

  private long compileRegistry(Set<ServiceKey> services) {
    long begin = loop.clock().nanoTime();
    long since = eventPending ? firstEventNanos : begin;
    eventPending = false;
    CompileUpdate update = compiler.registryChanged(registry, services);
    long revision = publish(update, since);
    remember(services, update);
    metrics.compiled(false, loop.clock().nanoTime() - begin);
    return revision;
  }

  private void remember(Set<ServiceKey> services, CompileUpdate update) {
    Touched now =
        new Touched(changed(update, XdsType.ENDPOINTS), changed(update, XdsType.LISTENER));
    for (ServiceKey service : services) {
      if (registry.instances(service).isEmpty()) {
        touched.remove(service);
      } else if (!now.clusters.isEmpty()) {
        touched.put(service, now);
      }
    }
  }

  private static Set<String> changed(CompileUpdate update, XdsType type) {
    Set<String> names = new LinkedHashSet<>();
    for (XdsResource resource : update.changed()) {
      if (resource.key().type() == type) {
        names.add(resource.key().name());
      }
    }
    return names;
  }

  private long publish(CompileUpdate update, long sinceNanos) {
    ResourceBatch.Builder batch = ResourceBatch.builder().changedAt(sinceNanos);
    for (XdsResource resource : update.changed()) {
      XdsKey key = resource.key();
      batch.upsert(key.type().typeUrl(), key.name(), key.view().toString(), resource.message());
    }
    for (XdsKey key : update.removed()) {
      batch.remove(key.type().typeUrl(), key.name(), key.view().toString());
    }
    long revision = store.publish(batch.build());
    found(compiler.findings());
    return revision;
  }

  private void found(List<Finding> now) {
    Set<Finding> before = new HashSet<>(findings);
    now.stream()
        .filter(finding -> finding.level() != Finding.Level.INFO && !before.contains(finding))
        .limit(LOGGED)
        .forEach(finding -> LOG.log(System.Logger.Level.WARNING, finding.toString()));
    findings = now;
  }

  @Override
  public CompletionStage<Reach> await(ServiceKey service, long revision, Duration bound) {
    long deadline = loop.clock().nanoTime() + bound.toNanos();
    return CompletableFuture.supplyAsync(() -> lanes, loop)
        .thenCompose(current -> current.submit(Lane.ENDPOINTS, service))
        .thenComposeAsync(published -> reach(service, published, deadline), loop)
        .orTimeout(bound.toMillis() + 100, TimeUnit.MILLISECONDS)
        .exceptionally(failure -> new Reach(0, 0));
  }

  /** Many instances come at once: those of one service and revision wait for one answer. */
  private CompletableFuture<Reach> reach(ServiceKey service, long published, long deadline) {
    Wave wave = waves.get(service);
    if (wave == null || wave.revision != published) {
      CompletableFuture<Reach> reached = ask(service, published, deadline);
      wave = new Wave(published, reached);
      waves.put(service, wave);
      Wave done = wave;
      var unused = reached.whenCompleteAsync((reach, failure) -> waves.remove(service, done), loop);
    }
    return wave.reached;
  }

  private CompletableFuture<Reach> ask(ServiceKey service, long published, long deadline) {
    Duration left = Duration.ofNanos(Math.max(0, deadline - loop.clock().nanoTime()));
    CompletableFuture<Reach> sum = CompletableFuture.completedFuture(new Reach(0, 0));
    Touched last = touched.getOrDefault(service, Touched.NOTHING);
    for (String cluster : own(service, last.clusters)) {
      CompletableFuture<Propagation> one =
          MeshCompiler.listener(cluster)
              .filter(last.listeners::contains)
              .map(listener -> clients.get().awaitDiscovered(listener, cluster, published, left))
              .orElseGet(
                  () ->
                      clients.get().awaitAcknowledged(TypeUrl.ENDPOINTS, cluster, published, left));
      sum =
          sum.thenCombine(
              one,
              (a, b) ->
                  new Reach(a.acknowledged() + b.acknowledged(), a.watching() + b.watching()));
    }
    return sum;
  }

  /** The service's own clusters if there are any; a selector may have given it other names. */
  private Set<String> own(ServiceKey service, Set<String> all) {
    String host =
        "|"
            + service.service()
            + "."
            + service.namespace()
            + "."
            + config.meshDefaults().domainSuffix();
    Set<String> own = new LinkedHashSet<>();
    all.stream().filter(name -> name.endsWith(host)).forEach(own::add);
    return own.isEmpty() ? all : own;
  }
}

package io.inmesh.server;

import io.inmesh.control.ControlLoop;
import io.inmesh.server.ads.ClientRegistry;
import io.inmesh.server.ads.Propagation;
import io.inmesh.server.ads.ResourceBatch;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.compile.CompileUpdate;
import io.inmesh.server.compile.MeshCompiler;
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
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Owns the compiler: gathers changes in two lanes, compiles them on its own loop and publishes what
 * changes for clients. Changes of instances take the fast lane; while one publication takes long to
 * reach everybody, the next waits longer, so that staleness grows and not a queue.
 */
final class MeshModel implements PropagationGate {
  /** A drain that waits for its revision of the registry to be compiled. */
  private record Waiter(
      long registryRevision, long deadlineNanos, CompletableFuture<Reach> result) {}

  private static final Duration MARGIN = Duration.ofMillis(100);

  private final ControlLoop loop;
  private final ResourceStore store;
  private final Supplier<ClientRegistry> clients;
  private final MeshCompiler compiler = new MeshCompiler();
  private final ModelMetrics metrics;
  private final Debounce endpointLane;
  private final Debounce configLane;
  private final Set<ServiceKey> pendingServices = new TreeSet<>();
  private final List<Waiter> waiters = new ArrayList<>();
  private Set<String> lastClusters = Set.of();
  private ConfigSet pendingConfig = ConfigSet.EMPTY;
  private RegistrySnapshot registry = RegistrySnapshot.EMPTY;
  private volatile List<Finding> findings = List.of();

  MeshModel(ControlLoop loop, ResourceStore store, Supplier<ClientRegistry> clients, Meter meter) {
    this.loop = loop;
    this.store = store;
    this.clients = clients;
    this.metrics = new ModelMetrics(meter, this::findings);
    MeshDefaultsSpec defaults = MeshDefaultsSpec.DEFAULTS;
    this.endpointLane =
        new Debounce(
            loop,
            defaults.endpointDebounce().quiet(),
            defaults.endpointDebounce().cap(),
            this::compileRegistry);
    this.configLane =
        new Debounce(
            loop,
            defaults.configDebounce().quiet(),
            defaults.configDebounce().cap(),
            this::compileConfig);
  }

  /** Compiles the first state of both sources as one, then opens the store. */
  CompletableFuture<Void> start(ConfigSet config, RegistrySnapshot snapshot) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            pendingConfig = config;
            registry = snapshot;
            configure(config.meshDefaults());
            compiler.configChanged(config);
            compiler.registryChanged(snapshot, snapshot.services().keySet());
            ResourceBatch.Builder batch = ResourceBatch.builder().complete();
            compiler
                .resources()
                .forEach(
                    (key, message) ->
                        batch.upsert(
                            key.type().typeUrl(), key.name(), key.view().toString(), message));
            store.publish(batch.build());
            findings = compiler.findings();
            store.markReady();
            done.complete(null);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /** Any thread. */
  void configChanged(ConfigSet config) {
    loop.execute(
        () -> {
          pendingConfig = config;
          configLane.event(0);
        });
  }

  /** Any thread; in the order of the snapshots. */
  void registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services) {
    loop.execute(
        () -> {
          if (snapshot.revision() > registry.revision()) {
            registry = snapshot;
            pendingServices.addAll(services);
            endpointLane.event(2 * store.lastPushNanos());
          }
        });
  }

  /** What the compiler finds wrong. Any thread. */
  List<Finding> findings() {
    return findings;
  }

  private void configure(MeshDefaultsSpec defaults) {
    endpointLane.configure(defaults.endpointDebounce().quiet(), defaults.endpointDebounce().cap());
    configLane.configure(defaults.configDebounce().quiet(), defaults.configDebounce().cap());
  }

  private void compileConfig(long sinceNanos) {
    long begin = loop.clock().nanoTime();
    configure(pendingConfig.meshDefaults());
    publish(compiler.configChanged(pendingConfig), sinceNanos);
    metrics.compiled(true, begin - sinceNanos, loop.clock().nanoTime() - begin);
  }

  private void compileRegistry(long sinceNanos) {
    long begin = loop.clock().nanoTime();
    Set<ServiceKey> services = new TreeSet<>(pendingServices);
    pendingServices.clear();
    CompileUpdate update = compiler.registryChanged(registry, services);
    publish(update, sinceNanos);
    metrics.compiled(false, begin - sinceNanos, loop.clock().nanoTime() - begin);
    lastClusters = clusters(update);
    answer(lastClusters);
  }

  private void publish(CompileUpdate update, long sinceNanos) {
    if (!update.isEmpty()) {
      ResourceBatch.Builder batch = ResourceBatch.builder().changedAt(sinceNanos);
      for (XdsResource resource : update.changed()) {
        XdsKey key = resource.key();
        batch.upsert(key.type().typeUrl(), key.name(), key.view().toString(), resource.message());
      }
      for (XdsKey key : update.removed()) {
        batch.remove(key.type().typeUrl(), key.name(), key.view().toString());
      }
      store.publish(batch.build());
    }
    findings = compiler.findings();
  }

  @Override
  public CompletionStage<Reach> await(ServiceKey service, long revision, Duration bound) {
    CompletableFuture<Reach> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          long deadline = loop.clock().nanoTime() + bound.toNanos();
          waiters.add(new Waiter(revision, deadline, result));
          if (pendingServices.isEmpty() && registry.revision() >= revision) {
            answer(lastClusters);
          }
          // The clients are waited for until the bound; this is for a change that never came.
          var unused =
              loop.schedule(bound.plus(MARGIN).toNanos(), () -> result.complete(new Reach(0, 0)));
        });
    return result;
  }

  private static Set<String> clusters(CompileUpdate update) {
    Set<String> clusters = new LinkedHashSet<>();
    for (XdsResource resource : update.changed()) {
      if (resource.key().type() == XdsType.ENDPOINTS) {
        clusters.add(resource.key().name());
      }
    }
    return clusters;
  }

  /** Lets the drains wait on for the clients of these clusters. */
  private void answer(Set<String> clusters) {
    waiters.removeIf(
        waiter -> {
          boolean compiled = waiter.registryRevision <= registry.revision();
          if (compiled) {
            follow(waiter, clusters);
          }
          return compiled || waiter.result.isDone();
        });
  }

  private void follow(Waiter waiter, Set<String> clusters) {
    Duration left = Duration.ofNanos(Math.max(0, waiter.deadlineNanos - loop.clock().nanoTime()));
    CompletableFuture<Reach> sum = CompletableFuture.completedFuture(new Reach(0, 0));
    for (String cluster : clusters) {
      CompletableFuture<Propagation> one =
          clients.get().awaitAcknowledged(TypeUrl.ENDPOINTS, cluster, store.revision(), left);
      sum =
          sum.thenCombine(
              one,
              (a, b) ->
                  new Reach(a.acknowledged() + b.acknowledged(), a.watching() + b.watching()));
    }
    var unused =
        sum.whenComplete(
            (reach, failure) -> waiter.result.complete(failure == null ? reach : new Reach(0, 0)));
  }
}

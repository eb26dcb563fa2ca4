package io.inmesh.call.engine;

import io.inmesh.balance.BalancerCompiler;
import io.inmesh.balance.PickerFactory;
import io.inmesh.balance.Probes;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.Cluster;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.telemetry.CallMetrics;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles snapshots, reusing what did not change and carrying run-time state over. Confined to the
 * control loop.
 */
final class MeshCompiler {
  /** Compiles one resource, continuing its previous version. */
  private interface Step<M, R> {
    R next(M model, @Nullable R before);
  }

  private final EngineSettings settings;
  private final BalancerCompiler balancers;
  private final FilterRegistry filters;
  private final Extensions extensions;
  private final Clock clock;
  private final ControlLoop loop;
  private final Randomness random;
  private final CallMetrics metrics;
  private final @Nullable Probes probes;

  MeshCompiler(
      EngineSettings settings,
      PickerFactory pickers,
      FilterRegistry filters,
      Extensions extensions,
      Clock clock,
      ControlLoop loop,
      Randomness random,
      CallMetrics metrics,
      @Nullable Probes probes,
      long self) {
    this.settings = settings;
    this.loop = loop;
    this.balancers = new BalancerCompiler(pickers, self);
    this.filters = filters;
    this.extensions = extensions;
    this.clock = clock;
    this.random = random;
    this.metrics = metrics;
    this.probes = probes;
  }

  /**
   * Compiles. What is wrong keeps its previous version while the rest proceeds, and is named in
   * {@link CompiledMesh#problems}.
   *
   * @param before continued where names are the same
   */
  CompiledMesh compile(MeshSnapshot snapshot, CompiledMesh before) {
    Map<String, String> problems = new TreeMap<>();
    Map<String, ServiceRoutes> services =
        each(
            snapshot.listeners(),
            before.services,
            "",
            problems,
            (listener, known) ->
                known != null && known.model.equals(listener)
                    ? known
                    : new ServiceRoutes(listener, filters, extensions, known));
    Map<String, ClusterRuntime> clusters =
        each(snapshot.clusters(), before.clusters, "cluster ", problems, this::next);
    Map<Integer, ServerRuntime> servers =
        each(
            snapshot.servers(),
            before.servers,
            "port ",
            problems,
            (listener, known) ->
                known != null && known.model.equals(listener)
                    ? known
                    : new ServerRuntime(listener, filters, known));
    return new CompiledMesh(snapshot, services, clusters, servers, problems, settings);
  }

  /** A cluster that is part of no configuration. */
  ClusterRuntime cluster(Cluster model) {
    return next(model, null);
  }

  private ClusterRuntime next(Cluster model, @Nullable ClusterRuntime before) {
    return ClusterRuntime.next(
        model,
        before,
        settings.domainSuffix(),
        balancers,
        new PickerFactory.Setting(model.balancer(), clock, random),
        metrics,
        loop,
        probes);
  }

  private static <K, M, R> Map<K, R> each(
      Map<K, M> models,
      Map<K, R> before,
      String what,
      Map<String, String> problems,
      Step<M, R> compile) {
    Map<K, R> compiled = new HashMap<>();
    models.forEach(
        (name, model) -> {
          R known = before.get(name);
          try {
            compiled.put(name, compile.next(model, known));
          } catch (IllegalArgumentException e) {
            problems.put(what + name, String.valueOf(e.getMessage()));
            if (known != null) {
              compiled.put(name, known);
            }
          }
        });
    return compiled;
  }
}

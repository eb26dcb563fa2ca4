package io.inmesh.call.engine;

import io.inmesh.balance.BalancerCompiler;
import io.inmesh.balance.PickerFactory;
import io.inmesh.balance.Probes;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.TlsPolicy;
import io.inmesh.telemetry.CallMetrics;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
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
        each(
            snapshot.clusters(),
            before.clusters,
            "cluster ",
            problems,
            (cluster, known) ->
                ClusterRuntime.next(
                    cluster,
                    known,
                    settings.domainSuffix(),
                    balancers,
                    new PickerFactory.Setting(cluster.balancer(), clock, random),
                    metrics,
                    loop,
                    probes));
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

  /** A cluster of one host that DNS knows. */
  ClusterRuntime outside(String name, String host, int port, boolean secure) {
    Endpoint endpoint =
        new Endpoint(
            InetSocketAddress.createUnresolved(host, port),
            1,
            Endpoint.Health.HEALTHY,
            host,
            Map.of());
    Cluster cluster =
        new Cluster(
            name,
            host,
            List.of(new LocalityEndpoints(Locality.UNKNOWN, 0, 1, List.of(endpoint))),
            140,
            List.of(),
            BalancerPolicy.DEFAULT,
            Duration.ofSeconds(10),
            secure ? Cluster.Protocol.AUTO : Cluster.Protocol.HTTP1,
            CircuitBreakers.NONE,
            null,
            secure ? new TlsPolicy(TlsPolicy.Mode.EXTERNAL, List.of(), host, null) : null);
    return ClusterRuntime.next(
        cluster,
        null,
        settings.domainSuffix(),
        balancers,
        new PickerFactory.Setting(cluster.balancer(), clock, random),
        metrics,
        loop,
        null);
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

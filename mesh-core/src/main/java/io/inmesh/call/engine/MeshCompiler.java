package io.inmesh.call.engine;

import io.inmesh.balance.BalancerCompiler;
import io.inmesh.balance.PickerFactory;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.MeshSnapshot;
import java.util.HashMap;
import java.util.Map;

/**
 * Compiles snapshots, reusing what did not change and carrying run-time state over. Confined to the
 * control loop.
 */
final class MeshCompiler {
  private final EngineSettings settings;
  private final BalancerCompiler balancers;
  private final FilterRegistry filters;
  private final Clock clock;
  private final Randomness random;

  MeshCompiler(
      EngineSettings settings,
      PickerFactory pickers,
      FilterRegistry filters,
      Clock clock,
      Randomness random) {
    this.settings = settings;
    this.balancers = new BalancerCompiler(pickers);
    this.filters = filters;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Compiles.
   *
   * @param before continued where names are the same
   * @throws IllegalArgumentException saying what is wrong and where
   */
  CompiledMesh compile(MeshSnapshot snapshot, CompiledMesh before) {
    Map<String, ServiceRoutes> services = new HashMap<>();
    snapshot
        .listeners()
        .forEach(
            (name, listener) -> {
              ServiceRoutes known = before.services.get(name);
              services.put(
                  name,
                  known != null && known.model.equals(listener)
                      ? known
                      : new ServiceRoutes(listener, filters));
            });
    Map<String, ClusterRuntime> clusters = new HashMap<>();
    snapshot
        .clusters()
        .forEach(
            (name, cluster) ->
                clusters.put(
                    name,
                    ClusterRuntime.next(
                        cluster,
                        before.clusters.get(name),
                        settings.domainSuffix(),
                        balancers,
                        new PickerFactory.Setting(cluster.balancer(), clock, random))));
    Map<Integer, ServerRuntime> servers = new HashMap<>();
    snapshot
        .servers()
        .forEach(
            (port, listener) -> {
              ServerRuntime known = before.servers.get(port);
              servers.put(
                  port,
                  known != null && known.model.equals(listener)
                      ? known
                      : new ServerRuntime(listener, filters));
            });
    return new CompiledMesh(snapshot, services, clusters, servers, settings);
  }
}

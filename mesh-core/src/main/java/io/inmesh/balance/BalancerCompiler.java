package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.LocalityEndpoints;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns a cluster into a {@link ClusterBalancer}. Confined to the control loop; what it makes is
 * not.
 */
public final class BalancerCompiler {
  private final PickerFactory pickers;
  private final long seed;

  /**
   * Makes pickers with the given factory.
   *
   * @param seed of this process, for subsets
   */
  public BalancerCompiler(PickerFactory pickers, long seed) {
    this.pickers = pickers;
    this.seed = seed;
  }

  /**
   * Compiles.
   *
   * @param cluster endpoints and policy
   * @param states the state of each endpoint's address, kept from earlier configurations; what
   *     their health says counts besides the endpoints' own
   * @param setting what pickers get
   * @param before the balancer so far, whose pickers go on where their hosts stay the same; null:
   *     none
   */
  public ClusterBalancer compile(
      Cluster cluster,
      Function<Endpoint, EndpointState> states,
      PickerFactory.Setting setting,
      @Nullable ClusterBalancer before) {
    Map<PickerKey, EndpointPicker> known =
        before != null && before.policy().equals(setting.policy()) ? before.pickers() : Map.of();
    return new Compilation(cluster, states, setting, known).run();
  }

  /** One run. */
  private final class Compilation {
    private final Cluster cluster;
    private final Function<Endpoint, EndpointState> states;
    private final PickerFactory.Setting setting;
    private final Map<PickerKey, EndpointPicker> known;
    private final Map<PickerKey, EndpointPicker> made = new HashMap<>();

    Compilation(
        Cluster cluster,
        Function<Endpoint, EndpointState> states,
        PickerFactory.Setting setting,
        Map<PickerKey, EndpointPicker> known) {
      this.cluster = cluster;
      this.states = states;
      this.setting = setting;
      this.known = known;
    }

    ClusterBalancer run() {
      int levels = 0;
      for (LocalityEndpoints locality : cluster.localities()) {
        levels = Math.max(levels, locality.priority() + 1);
      }
      PriorityLoad.Census[] census = new PriorityLoad.Census[levels];
      Level[] level = new Level[levels];
      int hosts = 0;
      for (int p = 0; p < levels; p++) {
        level[p] = level(p);
        census[p] = level[p].census();
        hosts += census[p].total();
      }
      PriorityLoad load =
          PriorityLoad.of(census, cluster.overprovisioning(), setting.policy().panicPercent());
      LocalityChoice[] healthy = new LocalityChoice[levels];
      LocalityChoice[] degraded = new LocalityChoice[levels];
      LocalityChoice[] all = new LocalityChoice[levels];
      for (int p = 0; p < levels; p++) {
        healthy[p] = choice(level[p], Health.HEALTHY);
        degraded[p] = choice(level[p], Health.DEGRADED);
        all[p] = load.panic(p) ? choice(level[p], null) : LocalityChoice.EMPTY;
      }
      return new ClusterBalancer(load, healthy, degraded, all, hosts, setting.policy(), made);
    }

    private Level level(int priority) {
      List<Level.Place> places = new ArrayList<>();
      for (LocalityEndpoints locality : cluster.localities()) {
        if (locality.priority() == priority) {
          List<Host> hosts = new ArrayList<>(locality.endpoints().size());
          for (Endpoint endpoint : locality.endpoints()) {
            hosts.add(new Host(endpoint, locality.locality(), priority, states.apply(endpoint)));
          }
          places.add(new Level.Place(locality.weight(), hosts));
        }
      }
      Level whole = new Level(places, cluster.overprovisioning());
      int size = setting.policy().subsetSize();
      return size == 0 ? whole : whole.only(Subset.of(whole.hosts(), size, seed));
    }

    /** The pickers over hosts of one health; null: whatever their health, for panic. */
    private LocalityChoice choice(Level level, @Nullable Health health) {
      BalancerPolicy policy = setting.policy();
      if (policy.localityWeighted() && !policy.algorithm().hashes()) {
        return byLocality(level, health);
      }
      List<Host> hosts = new ArrayList<>();
      List<Double> weights = policy.localityWeighted() ? new ArrayList<>() : null;
      for (Level.Place place : level.places()) {
        List<Host> selected = level.select(place, health);
        if (weights == null) {
          hosts.addAll(selected);
        } else if (place.weight() > 0) {
          // One ring for all localities, as in Envoy: a locality's share is its hosts'.
          hosts.addAll(selected);
          double sum = selected.stream().mapToDouble(Host::weight).sum();
          selected.forEach(host -> weights.add(place.weight() * host.weight() / sum));
        }
      }
      return hosts.isEmpty()
          ? LocalityChoice.EMPTY
          : new LocalityChoice(
              new EndpointPicker[] {picker(new PickerKey(hosts, weights))}, new double[] {1});
    }

    private LocalityChoice byLocality(Level level, @Nullable Health health) {
      List<EndpointPicker> chosen = new ArrayList<>();
      List<Double> weights = new ArrayList<>();
      for (Level.Place place : level.places()) {
        List<Host> selected = level.select(place, health);
        double weight = level.effectiveWeight(place, selected.size());
        if (weight > 0) {
          chosen.add(picker(new PickerKey(selected, null)));
          weights.add(weight);
        }
      }
      return chosen.isEmpty()
          ? LocalityChoice.EMPTY
          : new LocalityChoice(
              chosen.toArray(new EndpointPicker[0]),
              weights.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private EndpointPicker picker(PickerKey key) {
      EndpointPicker picker = known.get(key);
      if (picker == null) {
        picker = made.get(key);
      }
      if (picker == null) {
        picker = pickers.create(key.hostSet(), setting);
      }
      made.put(key, picker);
      return picker;
    }
  }
}

package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.ZoneAware;
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
        before != null && samePickers(before.policy(), setting.policy())
            ? before.pickers()
            : Map.of();
    return new Compilation(cluster, states, setting, known).run();
  }

  /** Zones decide which pickers are used, not what they do. */
  private static boolean samePickers(BalancerPolicy before, BalancerPolicy now) {
    return before.withZoneAware(null).equals(now.withZoneAware(null));
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
      List<Host> members = new ArrayList<>();
      for (int p = 0; p < levels; p++) {
        level[p] = level(p);
        census[p] = level[p].census();
        members.addAll(level[p].hosts());
      }
      PriorityLoad load =
          PriorityLoad.of(census, cluster.overprovisioning(), setting.policy().panicPercent());
      LocalityChoice[] healthy = new LocalityChoice[levels];
      LocalityChoice[] degraded = new LocalityChoice[levels];
      LocalityChoice[] all = new LocalityChoice[levels];
      for (int p = 0; p < levels; p++) {
        healthy[p] = p == 0 ? byZone(level[p]) : choice(level[p], Health.HEALTHY);
        degraded[p] = choice(level[p], Health.DEGRADED);
        all[p] = load.panic(p) && !failsOnPanic() ? choice(level[p], null) : LocalityChoice.EMPTY;
      }
      return new ClusterBalancer(load, healthy, degraded, all, members, setting.policy(), made);
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

    private boolean failsOnPanic() {
      ZoneAware zones = setting.policy().zoneAware();
      return zones != null && zones.failOnPanic();
    }

    /** The healthy hosts of the first priority, the caller's zone first if that is wanted. */
    private LocalityChoice byZone(Level level) {
      BalancerPolicy policy = setting.policy();
      ZoneAware rules = policy.zoneAware();
      LocalityChoice anywhere = choice(level, Health.HEALTHY);
      if (rules == null
          || rules.callers() == null
          || policy.localityWeighted()
          || policy.algorithm().hashes()) {
        return anywhere;
      }
      if (rules.failOnPanic() && ZoneShares.panic(rules.callers(), policy.panicPercent())) {
        return LocalityChoice.EMPTY;
      }
      List<ZoneShares.Zone> zones = new ArrayList<>();
      List<List<Host>> hosts = new ArrayList<>();
      for (Level.Place place : level.places()) {
        if (!place.hosts().isEmpty()) {
          List<Host> selected = level.select(place, Health.HEALTHY);
          hosts.add(selected);
          zones.add(new ZoneShares.Zone(place.hosts().get(0).locality(), selected.size()));
        }
      }
      double[] shares = ZoneShares.of(rules, policy.panicPercent(), zones);
      return shares == null || anywhere.isEmpty()
          ? anywhere
          : byZone(hosts, shares, rules.percent());
    }

    private LocalityChoice byZone(List<List<Host>> hosts, double[] shares, int percent) {
      List<EndpointPicker> chosen = new ArrayList<>();
      List<Double> weights = new ArrayList<>();
      List<Host> everybody = new ArrayList<>();
      double sum = 0;
      for (int i = 0; i < shares.length; i++) {
        everybody.addAll(hosts.get(i));
        if (shares[i] > 0 && !hosts.get(i).isEmpty()) {
          chosen.add(picker(new PickerKey(hosts.get(i), null)));
          weights.add(shares[i] * percent);
          sum += shares[i];
        }
      }
      // What zones are no matter for; and, with a share of nothing, where to turn if these fail.
      chosen.add(picker(new PickerKey(everybody, null)));
      weights.add(sum * (100 - percent));
      return choice(chosen, weights);
    }

    private static LocalityChoice choice(List<EndpointPicker> pickers, List<Double> weights) {
      return new LocalityChoice(
          pickers.toArray(new EndpointPicker[0]),
          weights.stream().mapToDouble(Double::doubleValue).toArray());
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
      return chosen.isEmpty() ? LocalityChoice.EMPTY : choice(chosen, weights);
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

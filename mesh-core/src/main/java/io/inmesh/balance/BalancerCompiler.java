package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.ZoneAware;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
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
   * @param hosts of its localities; what is known of their health counts besides the endpoints' own
   * @param setting what pickers get
   * @param before the balancer so far, whose pickers go on where their hosts stay the same; null:
   *     none
   */
  public ClusterBalancer compile(
      Cluster cluster,
      HostTable hosts,
      PickerFactory.Setting setting,
      @Nullable ClusterBalancer before) {
    Map<HostSet, EndpointPicker> known =
        before != null && samePickers(before.policy(), setting.policy())
            ? before.pickers()
            : Map.of();
    return new Compilation(cluster, hosts, setting, known).run();
  }

  /** Zones decide which pickers are used, not what they do. */
  private static boolean samePickers(BalancerPolicy before, BalancerPolicy now) {
    return before.withZoneAware(null).equals(now.withZoneAware(null));
  }

  /** One run. */
  private final class Compilation {
    private final Cluster cluster;
    private final HostTable hosts;
    private final PickerFactory.Setting setting;
    private final Map<HostSet, EndpointPicker> known;
    private final Map<HostSet, EndpointPicker> made = new HashMap<>();

    Compilation(
        Cluster cluster,
        HostTable hosts,
        PickerFactory.Setting setting,
        Map<HostSet, EndpointPicker> known) {
      this.cluster = cluster;
      this.hosts = hosts;
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
      IntStream.Builder members = IntStream.builder();
      for (int p = 0; p < levels; p++) {
        level[p] = level(p);
        census[p] = level[p].census();
        IntStream.of(level[p].hosts()).forEach(members);
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
      return new ClusterBalancer(
          load,
          healthy,
          degraded,
          all,
          new HostSet(hosts, members.build().toArray()),
          setting.policy(),
          made);
    }

    private Level level(int priority) {
      List<Level.Place> places = new ArrayList<>();
      for (int i = 0; i < cluster.localities().size(); i++) {
        LocalityEndpoints locality = cluster.localities().get(i);
        if (locality.priority() == priority) {
          places.add(new Level.Place(locality.locality(), locality.weight(), hosts.positions(i)));
        }
      }
      Level whole = new Level(hosts, places, cluster.overprovisioning());
      int size = setting.policy().subsetSize();
      return size == 0 ? whole : whole.only(Subset.of(hosts, whole.hosts(), size, seed));
    }

    /** The pickers over hosts of one health; null: whatever their health, for panic. */
    private LocalityChoice choice(Level level, @Nullable Health health) {
      BalancerPolicy policy = setting.policy();
      if (!policy.localityWeighted()) {
        return sole(
            level.places().stream()
                .flatMapToInt(place -> IntStream.of(level.select(place, health)))
                .toArray());
      }
      return policy.algorithm().hashes() ? onOneRing(level, health) : byLocality(level, health);
    }

    private LocalityChoice sole(int[] selected) {
      return selected.length == 0
          ? LocalityChoice.EMPTY
          : new LocalityChoice(new EndpointPicker[] {picker(selected)}, new double[] {1});
    }

    /** One ring for all localities, as in Envoy: a locality's share is its hosts'. */
    private LocalityChoice onOneRing(Level level, @Nullable Health health) {
      IntStream.Builder selected = IntStream.builder();
      DoubleStream.Builder weights = DoubleStream.builder();
      for (Level.Place place : level.places()) {
        if (place.weight > 0) {
          int[] members = level.select(place, health);
          double sum = IntStream.of(members).map(hosts::weight).sum();
          for (int host : members) {
            selected.add(host);
            weights.add(place.weight * hosts.weight(host) / sum);
          }
        }
      }
      HostSet ring = new HostSet(hosts, selected.build().toArray(), weights.build().toArray());
      return ring.size() == 0
          ? LocalityChoice.EMPTY
          : new LocalityChoice(new EndpointPicker[] {picker(ring)}, new double[] {1});
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
      List<int[]> members = new ArrayList<>();
      for (Level.Place place : level.places()) {
        if (place.hosts.length > 0) {
          int[] selected = level.select(place, Health.HEALTHY);
          members.add(selected);
          zones.add(new ZoneShares.Zone(place.locality, selected.length));
        }
      }
      double[] shares = ZoneShares.of(rules, policy.panicPercent(), zones);
      return shares == null || anywhere.isEmpty()
          ? anywhere
          : byZone(members, shares, rules.percent());
    }

    private LocalityChoice byZone(List<int[]> members, double[] shares, int percent) {
      List<EndpointPicker> chosen = new ArrayList<>();
      List<Double> weights = new ArrayList<>();
      double sum = 0;
      for (int i = 0; i < shares.length; i++) {
        if (shares[i] > 0 && members.get(i).length > 0) {
          chosen.add(picker(members.get(i)));
          weights.add(shares[i] * percent);
          sum += shares[i];
        }
      }
      // What zones are no matter for; and, with a share of nothing, where to turn if these fail.
      chosen.add(picker(members.stream().flatMapToInt(IntStream::of).toArray()));
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
        int[] selected = level.select(place, health);
        double weight = level.effectiveWeight(place, selected.length);
        if (weight > 0) {
          chosen.add(picker(selected));
          weights.add(weight);
        }
      }
      return chosen.isEmpty() ? LocalityChoice.EMPTY : choice(chosen, weights);
    }

    private EndpointPicker picker(int[] selected) {
      return picker(new HostSet(hosts, selected));
    }

    private EndpointPicker picker(HostSet of) {
      EndpointPicker picker = known.get(of);
      if (picker == null) {
        picker = made.get(of);
      }
      if (picker == null) {
        picker = pickers.create(of, setting);
      }
      made.put(of, picker);
      return picker;
    }
  }
}

package io.inmesh.balance;

import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.LocalityEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns a cluster into a {@link ClusterBalancer}. Confined to the control loop; what it makes is
 * not.
 */
public final class BalancerCompiler {
  private final PickerFactory pickers;

  /** Makes pickers with the given factory. */
  public BalancerCompiler(PickerFactory pickers) {
    this.pickers = pickers;
  }

  /**
   * Compiles.
   *
   * @param cluster endpoints and policy
   * @param states the state of each address, kept from earlier configurations
   * @param ejected hosts that are to count as unhealthy (outlier detection)
   * @param setting what pickers get
   */
  public ClusterBalancer compile(
      Cluster cluster,
      Function<Endpoint, EndpointState> states,
      Predicate<EndpointState> ejected,
      PickerFactory.Setting setting) {
    int levels = 0;
    for (LocalityEndpoints locality : cluster.localities()) {
      levels = Math.max(levels, locality.priority() + 1);
    }
    PriorityLoad.Census[] census = new PriorityLoad.Census[levels];
    LocalityChoice[] healthy = new LocalityChoice[levels];
    LocalityChoice[] degraded = new LocalityChoice[levels];
    LocalityChoice[] all = new LocalityChoice[levels];
    int hosts = 0;
    for (int p = 0; p < levels; p++) {
      Level level = new Level(cluster, p, states, ejected);
      census[p] = level.census();
      hosts += census[p].total();
      healthy[p] = level.choice(Health.HEALTHY, setting);
      degraded[p] = level.choice(Health.DEGRADED, setting);
      all[p] = level.choice(null, setting);
    }
    PriorityLoad load =
        PriorityLoad.of(census, cluster.overprovisioning(), cluster.balancer().panicPercent());
    return new ClusterBalancer(load, healthy, degraded, all, hosts);
  }

  /** The localities of one priority. */
  private final class Level {
    private record Place(int weight, List<Host> hosts) {}

    private final Cluster cluster;
    private final List<Place> places = new ArrayList<>();
    private final Predicate<EndpointState> ejected;
    private final boolean onlyDraining;

    Level(
        Cluster cluster,
        int priority,
        Function<Endpoint, EndpointState> states,
        Predicate<EndpointState> ejected) {
      this.cluster = cluster;
      this.ejected = ejected;
      for (LocalityEndpoints locality : cluster.localities()) {
        if (locality.priority() != priority) {
          continue;
        }
        List<Host> hosts = new ArrayList<>(locality.endpoints().size());
        for (Endpoint endpoint : locality.endpoints()) {
          hosts.add(new Host(endpoint, locality.locality(), priority, states.apply(endpoint)));
        }
        places.add(new Place(locality.weight(), hosts));
      }
      onlyDraining =
          places.stream()
              .flatMap(place -> place.hosts().stream())
              .allMatch(host -> host.endpoint().health() == Health.DRAINING);
    }

    PriorityLoad.Census census() {
      int healthy = 0;
      int degraded = 0;
      int total = 0;
      for (Place place : places) {
        healthy += select(place, Health.HEALTHY).size();
        degraded += select(place, Health.DEGRADED).size();
        total += place.hosts().size();
      }
      return new PriorityLoad.Census(healthy, degraded, total);
    }

    /**
     * The pickers over hosts of one health; null: over all, for panic, but those that drain only if
     * there are no others.
     */
    LocalityChoice choice(@Nullable Health health, PickerFactory.Setting setting) {
      return cluster.balancer().localityWeighted()
          ? byLocality(health, setting)
          : together(health, setting);
    }

    private LocalityChoice together(@Nullable Health health, PickerFactory.Setting setting) {
      List<Host> merged = new ArrayList<>();
      for (Place place : places) {
        merged.addAll(select(place, health));
      }
      if (merged.isEmpty()) {
        return LocalityChoice.EMPTY;
      }
      EndpointPicker picker = pickers.create(new HostSet(merged), setting);
      return new LocalityChoice(new EndpointPicker[] {picker}, new double[] {1});
    }

    private LocalityChoice byLocality(@Nullable Health health, PickerFactory.Setting setting) {
      List<EndpointPicker> chosen = new ArrayList<>();
      List<Double> weights = new ArrayList<>();
      for (Place place : places) {
        List<Host> selected = select(place, health);
        double available = (double) selected.size() / Math.max(1, place.hosts().size());
        double weight =
            place.weight() * Math.min(1.0, available * cluster.overprovisioning() / 100.0);
        if (weight > 0) {
          chosen.add(pickers.create(new HostSet(selected), setting));
          weights.add(weight);
        }
      }
      if (chosen.isEmpty()) {
        return LocalityChoice.EMPTY;
      }
      return new LocalityChoice(
          chosen.toArray(new EndpointPicker[0]),
          weights.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private List<Host> select(Place place, @Nullable Health health) {
      List<Host> selected = new ArrayList<>(place.hosts().size());
      for (Host host : place.hosts()) {
        Health now = host.endpoint().health();
        boolean wanted =
            health == null
                ? onlyDraining || now != Health.DRAINING
                : now == health && !ejected.test(host.state());
        if (wanted) {
          selected.add(host);
        }
      }
      return selected;
    }
  }
}

package io.inmesh.balance;

import io.inmesh.model.Endpoint.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The localities of one priority, while a balancer is compiled. */
final class Level {
  /**
   * One locality.
   *
   * @param weight among the localities of the priority
   * @param hosts all of them
   */
  record Place(int weight, List<Host> hosts) {}

  private final List<Place> places;
  private final int overprovisioning;
  private final boolean onlyDraining;

  Level(List<Place> places, int overprovisioning) {
    this.places = places;
    this.overprovisioning = overprovisioning;
    onlyDraining = hosts().stream().allMatch(host -> host.endpoint().health() == Health.DRAINING);
  }

  List<Place> places() {
    return places;
  }

  List<Host> hosts() {
    return places.stream().flatMap(place -> place.hosts().stream()).toList();
  }

  /** The level without other hosts than these. */
  Level only(Set<Host> kept) {
    return new Level(
        places.stream()
            .map(
                place ->
                    new Place(
                        place.weight(), place.hosts().stream().filter(kept::contains).toList()))
            .toList(),
        overprovisioning);
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

  /** A locality's weight, less what its unusable hosts make it lose. */
  double effectiveWeight(Place place, int selected) {
    double available = (double) selected / Math.max(1, place.hosts().size());
    return place.weight() * Math.min(1.0, available * overprovisioning / 100.0);
  }

  /**
   * The hosts of one health; null: all, for panic, but those that drain only if there are no
   * others.
   */
  List<Host> select(Place place, @Nullable Health health) {
    List<Host> selected = new ArrayList<>(place.hosts().size());
    for (Host host : place.hosts()) {
      Health now = host.health();
      boolean wanted =
          health == null
              ? onlyDraining || now != Health.DRAINING
              : now == health && host.state().usable();
      if (wanted) {
        selected.add(host);
      }
    }
    return selected;
  }
}

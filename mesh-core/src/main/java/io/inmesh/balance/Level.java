package io.inmesh.balance;

import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The localities of one priority, while a balancer is compiled. Hosts are positions in a table. */
final class Level {
  /** One locality. */
  static final class Place {
    final Locality locality;

    /** Among the localities of the priority. */
    final int weight;

    /** All of them. */
    final int[] hosts;

    Place(Locality locality, int weight, int[] hosts) {
      this.locality = locality;
      this.weight = weight;
      this.hosts = hosts;
    }
  }

  private final HostTable table;
  private final List<Place> places;
  private final int overprovisioning;
  private final boolean onlyDraining;

  Level(HostTable table, List<Place> places, int overprovisioning) {
    this.table = table;
    this.places = places;
    this.overprovisioning = overprovisioning;
    onlyDraining = IntStream.of(hosts()).allMatch(host -> table.told(host) == Health.DRAINING);
  }

  List<Place> places() {
    return places;
  }

  int[] hosts() {
    return places.stream().flatMapToInt(place -> IntStream.of(place.hosts)).toArray();
  }

  /** The level without other hosts than these. */
  Level only(BitSet kept) {
    return new Level(
        table,
        places.stream()
            .map(
                place ->
                    new Place(
                        place.locality,
                        place.weight,
                        IntStream.of(place.hosts).filter(kept::get).toArray()))
            .toList(),
        overprovisioning);
  }

  PriorityLoad.Census census() {
    int healthy = 0;
    int degraded = 0;
    int total = 0;
    for (Place place : places) {
      healthy += select(place, Health.HEALTHY).length;
      degraded += select(place, Health.DEGRADED).length;
      total += place.hosts.length;
    }
    return new PriorityLoad.Census(healthy, degraded, total);
  }

  /** A locality's weight, less what its unusable hosts make it lose. */
  double effectiveWeight(Place place, int selected) {
    double available = (double) selected / Math.max(1, place.hosts.length);
    return place.weight * Math.min(1.0, available * overprovisioning / 100.0);
  }

  /**
   * The hosts of one health; null: all, for panic, but those that drain only if there are no
   * others.
   */
  int[] select(Place place, @Nullable Health health) {
    return IntStream.of(place.hosts)
        .filter(
            host ->
                health == null
                    ? onlyDraining || table.told(host) != Health.DRAINING
                    : table.health(host) == health && table.usable(host))
        .toArray();
  }
}

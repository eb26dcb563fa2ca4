package io.inmesh.server.compile;

import io.inmesh.model.Locality;
import io.inmesh.server.config.LocalitySpec;
import io.inmesh.server.config.TrafficPolicySpec;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the endpoints of a destination are ranked for a caller somewhere, as Istio's control plane
 * does: by distance, by labels, or in given shares. In force only with outlier detection, or where
 * the Service says {@code trafficDistribution}. Immutable.
 *
 * @param spec what was written; the defaults mean: nearest first
 * @param active whether localities matter at all
 */
record LocalityPlan(LocalitySpec spec, boolean active) {
  private static final LocalitySpec NEAREST =
      new LocalitySpec(true, List.of(), Map.of(), List.of(), 0);

  /** Localities do not matter. */
  static final LocalityPlan NONE = new LocalityPlan(NEAREST, false);

  private static final String REGION = "topology.kubernetes.io/region";
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String SUBZONE = "topology.istio.io/subzone";

  static LocalityPlan of(TrafficPolicySpec policy, MeshService service) {
    LocalitySpec written = policy.loadBalancer() == null ? null : policy.loadBalancer().locality();
    if (written != null && written.zoneAware()) {
      return new LocalityPlan(written, true);
    }
    if (written != null) {
      return written.enabled() && policy.outlierDetection() != null
          ? new LocalityPlan(written, true)
          : NONE;
    }
    return switch (service.trafficDistribution()) {
      case "PreferClose", "PreferSameZone" -> nearest(REGION, ZONE);
      case "PreferSameNode" -> nearest(REGION, ZONE, SUBZONE);
      default -> policy.outlierDetection() == null ? NONE : new LocalityPlan(NEAREST, true);
    };
  }

  private static LocalityPlan nearest(String... labels) {
    return new LocalityPlan(new LocalitySpec(true, List.of(), Map.of(), List.of(labels), 0), true);
  }

  /** Whether localities share by weights that differ by caller. */
  boolean weighted() {
    return active && !spec.distribute().isEmpty();
  }

  /** From how many healthy endpoints on zones decide; 0: they do not. */
  int zoneAwareFrom() {
    return active ? spec.minClusterSize() : 0;
  }

  /**
   * The places callers may be in that see the endpoints in an order of their own: as far as
   * endpoints or the settings tell them apart.
   */
  SortedSet<String> callers(List<MeshEndpoint> endpoints) {
    SortedSet<String> places = new TreeSet<>();
    if (!active) {
      return places;
    }
    for (MeshEndpoint endpoint : endpoints) {
      places.addAll(prefixes(endpoint.locality()));
    }
    places.addAll(spec.failover().keySet());
    for (LocalitySpec.Distribute distribute : spec.distribute()) {
      String from = distribute.from();
      int star = from.indexOf("/*");
      if (!from.startsWith("*")) {
        places.add(star < 0 ? from : from.substring(0, star));
      }
    }
    return places;
  }

  /** A place and those around it, the narrowest first: {@code r/z/s}, {@code r/z}, {@code r}. */
  static List<String> prefixes(Locality locality) {
    if (locality.region().isEmpty()) {
      return List.of();
    }
    String zone = locality.region() + "/" + locality.zone();
    if (locality.zone().isEmpty()) {
      return List.of(locality.region());
    }
    return locality.subzone().isEmpty()
        ? List.of(zone, locality.region())
        : List.of(zone + "/" + locality.subzone(), zone, locality.region());
  }

  /** The place a text names. */
  static Locality place(String text) {
    String[] parts = text.split("/", -1);
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  /** How far an endpoint is from a caller, 0 being nearest; not yet without gaps. */
  int distance(Locality caller, MeshEndpoint endpoint) {
    if (!active || !spec.distribute().isEmpty() || caller.region().isEmpty()) {
      return 0;
    }
    Locality there = endpoint.locality();
    if (!spec.failoverPriority().isEmpty()) {
      return byLabels(caller, endpoint);
    }
    if (!there.region().equals(caller.region())) {
      String takesOver = spec.failover().get(caller.region());
      return takesOver == null || takesOver.equals(there.region()) ? 3 : 4;
    }
    if (spec.zoneAware()) {
      return 0;
    }
    if (!there.zone().equals(caller.zone())) {
      return 2;
    }
    return there.subzone().equals(caller.subzone()) ? 0 : 1;
  }

  private int byLabels(Locality caller, MeshEndpoint endpoint) {
    int distance = spec.failoverPriority().size();
    for (String priority : spec.failoverPriority()) {
      int equals = priority.indexOf('=');
      String label = equals < 0 ? priority : priority.substring(0, equals);
      String wanted = equals < 0 ? of(caller, label) : priority.substring(equals + 1);
      String found = label(endpoint, label);
      if (wanted.isEmpty() || !wanted.equals(found)) {
        return distance;
      }
      distance--;
    }
    return distance;
  }

  private static String label(MeshEndpoint endpoint, String label) {
    String own = endpoint.labels().get(label);
    return own == null ? of(endpoint.locality(), label) : own;
  }

  private static String of(Locality locality, String label) {
    return switch (label) {
      case REGION -> locality.region();
      case ZONE -> locality.zone();
      case SUBZONE -> locality.subzone();
      default -> "";
    };
  }

  /**
   * The percentages of the shares that apply to a caller, by place; empty: none do.
   *
   * @param caller where it is
   */
  Map<String, Integer> shares(Locality caller) {
    for (LocalitySpec.Distribute distribute : spec.distribute()) {
      if (!caller.region().isEmpty() && covers(distribute.from(), caller)) {
        return distribute.to();
      }
    }
    return Map.of();
  }

  /** Whether a pattern, whose missing parts stand for any, covers a place. */
  static boolean covers(String pattern, Locality place) {
    String[] parts = pattern.split("/", -1);
    String[] there = {place.region(), place.zone(), place.subzone()};
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].equals("*")) {
        return true;
      }
      if (!parts[i].equals(there[i])) {
        return false;
      }
    }
    return true;
  }

  /** Ranks without gaps, by distance. */
  static SortedMap<Integer, Integer> ranks(SortedSet<Integer> distances) {
    SortedMap<Integer, Integer> ranks = new TreeMap<>();
    distances.forEach(distance -> ranks.put(distance, ranks.size()));
    return ranks;
  }
}

package io.inmesh.server.compile;

import io.inmesh.model.Locality;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Whom a variant of a resource is for: {@code grpc}, {@code grpc/shop} (those of one namespace),
 * {@code *@r1/z2} (those in one place), or {@code *} where the class does not matter. A resource
 * that is the same for all clients has the single view {@link #ALL}.
 *
 * @param clients the capability class, or {@code *} for every class
 * @param namespace of the client, or empty for every namespace
 * @param place of the client, {@code region/zone/subzone} as far as it matters, or empty for every
 *     place; only with the class {@code *}
 * @param workload of the client, see {@link Workload#id}, or empty for every workload
 */
public record View(String clients, String namespace, String place, String workload)
    implements Comparable<View> {
  private static final String ANY = "*";

  /** Every client. */
  public static final View ALL = new View(ANY, "", "", "");

  private static final Comparator<View> ORDER =
      Comparator.comparing(View::clients)
          .thenComparing(View::namespace)
          .thenComparing(View::place)
          .thenComparing(View::workload);

  /** Clients of one class, wherever they are. */
  static View of(CapabilityClass clients) {
    return new View(clients.id(), "", "", "");
  }

  /** The same clients, but only those of one namespace; empty for all. */
  View in(String clientNamespace) {
    return new View(clients, clientNamespace, place, workload);
  }

  /** The same clients, but only those in one place; empty for all. */
  View at(String clientPlace) {
    return new View(clients, namespace, clientPlace, workload);
  }

  /** The same clients, but only those of one workload. */
  View of(Workload client) {
    return new View(clients, client.namespace(), place, client.id());
  }

  /** The views a client looks at: what is meant for its workload goes before all else. */
  static List<View> lookupOrder(CapabilityClass clients, Workload workload, Locality locality) {
    List<View> views = new ArrayList<>();
    for (String place : LocalityPlan.prefixes(locality)) {
      views.add(ALL.of(workload).at(place));
    }
    views.add(of(clients).of(workload));
    views.add(ALL.of(workload));
    views.addAll(lookupOrder(clients, workload.namespace(), locality));
    return views.stream().distinct().toList();
  }

  /** The views a client of this class and namespace looks at that does not say where it is. */
  public static List<View> lookupOrder(CapabilityClass clients, String namespace) {
    return lookupOrder(clients, namespace, Locality.UNKNOWN);
  }

  /**
   * The views a client of this class and namespace looks at, the first that has the resource wins:
   * what is meant for its namespace goes before what is meant for all, and in each what is meant
   * for its place, the narrowest first.
   */
  public static List<View> lookupOrder(
      CapabilityClass clients, String namespace, Locality locality) {
    List<String> places = LocalityPlan.prefixes(locality);
    List<View> views = new ArrayList<>(2 * places.size() + 4);
    for (String of : List.of(namespace, "")) {
      places.forEach(place -> views.add(ALL.in(of).at(place)));
      views.add(of(clients).in(of));
      views.add(ALL.in(of));
    }
    return views.stream().distinct().toList();
  }

  @Override
  public int compareTo(View other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return clients
        + (namespace.isEmpty() ? "" : "/" + namespace)
        + (workload.isEmpty() ? "" : "/" + workload)
        + (place.isEmpty() ? "" : "@" + place);
  }
}

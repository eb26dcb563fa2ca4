package io.inmesh.server.compile;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What policies tell processes apart by. All instances of a version are one workload.
 *
 * @param namespace it runs in
 * @param service the name it goes by
 * @param labels it carries
 */
public record Workload(String namespace, String service, SortedMap<String, String> labels)
    implements Comparable<Workload> {
  /** Copies the labels. */
  public Workload {
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
  }

  /** Distinguishes it in its namespace. */
  String id() {
    return service + labels;
  }

  /** Whether it carries all of these. */
  boolean carries(Map<String, String> selector) {
    return labels.entrySet().containsAll(selector.entrySet());
  }

  @Override
  public int compareTo(Workload other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : id().compareTo(other.id());
  }
}

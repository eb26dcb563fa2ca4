package io.inmesh.server.compile;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * Finds the services whose selector a set of labels satisfies, without trying all of them: each
 * selector waits under its first pair. Immutable.
 */
final class SelectorIndex {
  private record Bucket(String namespace, String key, String value) {}

  private record Candidate(MeshService service, Selection.Labels labels) {}

  private final Map<Bucket, List<Candidate>> buckets = new HashMap<>();

  SelectorIndex(Collection<MeshService> services) {
    for (MeshService service : services) {
      if (service.selection() instanceof Selection.Labels labels) {
        String first = labels.selector().firstKey();
        Bucket bucket =
            new Bucket(service.namespace(), first, labels.selector().getOrDefault(first, ""));
        buckets.computeIfAbsent(bucket, b -> new ArrayList<>()).add(new Candidate(service, labels));
      }
    }
  }

  /** The hosts of the services in this namespace that select these labels. */
  List<String> hosts(String namespace, Map<String, String> labels) {
    List<String> hosts = new ArrayList<>();
    for (Entry<String, String> label : labels.entrySet()) {
      Bucket bucket = new Bucket(namespace, label.getKey(), label.getValue());
      for (Candidate candidate : buckets.getOrDefault(bucket, List.of())) {
        if (labels.entrySet().containsAll(candidate.labels().selector().entrySet())) {
          hosts.add(candidate.service().host());
        }
      }
    }
    return hosts;
  }
}

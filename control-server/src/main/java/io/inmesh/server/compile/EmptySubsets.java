package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Subsets whose labels no endpoint carries, although the service has endpoints. */
final class EmptySubsets {
  private EmptySubsets() {}

  static void find(
      ServiceCatalog catalog,
      Destinations destinations,
      Map<String, List<EndpointSet>> endpoints,
      Collection<Finding> findings) {
    for (MeshService service : catalog.services()) {
      List<MeshEndpoint> all = new ArrayList<>();
      endpoints.getOrDefault(service.host(), List.of()).forEach(set -> all.addAll(set.endpoints()));
      if (all.isEmpty()) {
        continue;
      }
      for (Destination destination : destinations.of(service).values()) {
        destination
            .subsets()
            .forEach(
                (name, subset) -> {
                  if (subset.declaredBy() != null && all.stream().noneMatch(subset::has)) {
                    Finding finding =
                        Finding.of(
                            FindingCode.SUBSET_EMPTY,
                            subset.declaredBy(),
                            "/spec/subsets",
                            subset.provenance(),
                            "no endpoint of "
                                + service.host()
                                + " has the labels "
                                + new TreeMap<>(subset.labels())
                                + " of subset "
                                + name);
                    if (!findings.contains(finding)) {
                      findings.add(finding);
                    }
                  }
                });
      }
    }
  }
}

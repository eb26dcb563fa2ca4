package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import java.util.Map;

/** Services whose selector no workload satisfies. */
final class EmptyServices {
  private EmptyServices() {}

  static void find(
      ServiceCatalog catalog, Map<String, List<EndpointSet>> endpoints, List<Finding> findings) {
    for (MeshService service : catalog.services()) {
      List<EndpointSet> sets = endpoints.getOrDefault(service.host(), List.of());
      if (service.declaredBy() != null
          && service.selection() instanceof Selection.Labels labels
          && !sets.isEmpty()
          && sets.stream().allMatch(set -> set.endpoints().isEmpty())) {
        findings.add(
            Finding.of(
                FindingCode.SELECTS_NOTHING,
                service.declaredBy(),
                "/spec/selector",
                service.provenance(),
                "no instance with the labels " + labels.selector() + " serves any of its ports"));
      }
    }
  }
}

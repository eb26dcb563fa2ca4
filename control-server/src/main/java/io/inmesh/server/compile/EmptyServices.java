package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.ServiceKey;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Services whose selector no workload satisfies, and instances no selector wants. */
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

  static void findUnreachable(
      ServiceCatalog catalog, SortedMap<ServiceKey, Integer> unreachable, List<Finding> findings) {
    unreachable.forEach(
        (name, count) -> {
          MeshService service = catalog.find(name.namespace(), name.service()).orElse(null);
          if (service == null
              || service.declaredBy() == null
              || !(service.selection() instanceof Selection.Labels labels)) {
            return;
          }
          findings.add(
              Finding.of(
                      FindingCode.INSTANCE_NOT_SELECTED,
                      service.declaredBy(),
                      "/spec/selector",
                      service.provenance(),
                      count
                          + " registered as "
                          + name
                          + " without the labels "
                          + labels.selector()
                          + ": nobody can call them")
                  .withHint("give them the labels, or remove the selector"));
        });
  }
}

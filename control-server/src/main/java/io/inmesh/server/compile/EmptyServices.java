package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import java.util.Map;

/** Services whose selector no workload satisfies. */
final class EmptyServices {
  private EmptyServices() {}

  static void find(
      ServiceCatalog catalog, Map<String, EndpointSet> endpoints, List<Finding> findings) {
    for (MeshService service : catalog.services()) {
      if (service.declaredBy() == null
          || !(service.selection() instanceof Selection.Labels labels)
          || service.ports().stream().noneMatch(port -> port.protocol().routable())) {
        continue;
      }
      boolean empty =
          service.ports().stream()
              .map(port -> endpoints.get(Names.cluster(service, port)))
              .allMatch(set -> set == null || set.endpoints().isEmpty());
      if (empty) {
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

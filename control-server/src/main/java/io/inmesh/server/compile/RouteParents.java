package io.inmesh.server.compile;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.ParentRef;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RouteSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The service ports a route attaches to. Parents of other kinds are somebody else's. */
final class RouteParents {
  /** A service port. */
  record Attachment(MeshService service, MeshPort port) {}

  private final ServiceCatalog catalog;
  private final Collection<Finding> findings;

  RouteParents(ServiceCatalog catalog, Collection<Finding> findings) {
    this.catalog = catalog;
    this.findings = findings;
  }

  /** In the order of the parents, each once; empty if the route has no effect. */
  Set<Attachment> of(Resource<? extends RouteSpec> route) {
    Set<Attachment> attached = new LinkedHashSet<>();
    boolean ours = false;
    int index = 0;
    for (ParentRef parent : route.spec().parentRefs()) {
      String pointer = "/spec/parentRefs/" + index++;
      if (!parent.isService() && !parent.isServiceEntry()) {
        continue;
      }
      ours = true;
      List<MeshService> services = services(parent);
      if (services.isEmpty()) {
        findings.add(
            Finding.of(
                FindingCode.PARENT_NOT_FOUND,
                route.key(),
                pointer,
                parent.provenance(),
                "there is no " + describe(parent)));
        continue;
      }
      boolean any = false;
      for (MeshService service : services) {
        for (MeshPort port : service.ports()) {
          if (selects(parent, port)) {
            any = true;
            attached.add(new Attachment(service, port));
          }
        }
      }
      if (!any) {
        findings.add(
            Finding.of(
                FindingCode.PARENT_PORT_NOT_FOUND,
                route.key(),
                pointer,
                parent.provenance(),
                describe(parent) + " has no such HTTP or gRPC port; it has " + ports(services)));
      }
    }
    if (ours && attached.isEmpty()) {
      findings.add(
          Finding.of(
              FindingCode.ROUTE_WITHOUT_PARENT,
              route.key(),
              "/spec/parentRefs",
              route.provenance(),
              "none of its parents exists: the route has no effect"));
    }
    return attached;
  }

  private List<MeshService> services(ParentRef parent) {
    if (parent.isService()) {
      return catalog.find(parent.namespace(), parent.name()).stream().toList();
    }
    return catalog.services().stream().filter(service -> declares(parent, service)).toList();
  }

  private static boolean declares(ParentRef parent, MeshService service) {
    ResourceKey by = service.declaredBy();
    return by != null
        && by.kind().kindName().equals(parent.kind())
        && by.namespace().equals(parent.namespace())
        && by.name().equals(parent.name());
  }

  private static boolean selects(ParentRef parent, MeshPort port) {
    return port.protocol().routable()
        && (parent.port() == null || parent.port() == port.number())
        && (parent.sectionName() == null || parent.sectionName().equals(port.name()));
  }

  private static String describe(ParentRef parent) {
    return parent.kind() + " " + parent.namespace() + "/" + parent.name();
  }

  private static String ports(List<MeshService> services) {
    List<String> ports = new ArrayList<>();
    for (MeshPort port : services.get(0).ports()) {
      if (port.protocol().routable()) {
        ports.add(port.number() + (port.name().isEmpty() ? "" : " (" + port.name() + ")"));
      }
    }
    return ports.isEmpty() ? "none" : String.join(", ", ports);
  }
}

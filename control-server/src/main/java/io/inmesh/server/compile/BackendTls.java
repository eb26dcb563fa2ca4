package io.inmesh.server.compile;

import io.inmesh.server.config.BackendTlsPolicySpec;
import io.inmesh.server.config.BackendTlsPolicySpec.Target;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.ClientTls.Roots;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The BackendTLSPolicy in force for each port (GEP-1897): one that names the port goes before one
 * for the whole service; of several for the same target the oldest, then the first by name.
 */
final class BackendTls {
  private static final String WHOLE = "";

  /** By host and name of the port. */
  private final Map<String, Map<String, Resource<BackendTlsPolicySpec>>> winners = new HashMap<>();

  private final ServiceCatalog catalog;
  private final TrustedRoots roots;

  BackendTls(
      ConfigSet config, ServiceCatalog catalog, TrustedRoots roots, Collection<Finding> findings) {
    this.catalog = catalog;
    this.roots = roots;
    List<Resource<BackendTlsPolicySpec>> oldestFirst =
        config.backendTlsPolicies().stream().sorted(Age.OLDEST_FIRST).toList();
    for (Resource<BackendTlsPolicySpec> policy : oldestFirst) {
      int index = 0;
      for (Target target : policy.spec().targets()) {
        add(policy, target, "/spec/targetRefs/" + index++, findings);
      }
      if (roots.resolved(policy.spec().tls()).roots() instanceof Roots.Missing missing) {
        findings.add(
            Finding.of(
                    FindingCode.ROOTS_NOT_FOUND,
                    policy.key(),
                    "/spec/validation/caCertificateRefs",
                    policy.spec().tls().provenance(),
                    missing.why())
                .withHint("calls to its targets fail"));
      }
    }
  }

  /** What holds for each port of a service for which something is said. */
  SortedMap<Integer, ClientTls> of(MeshService service) {
    SortedMap<Integer, ClientTls> byPort = new TreeMap<>();
    Map<String, Resource<BackendTlsPolicySpec>> own =
        winners.getOrDefault(service.host(), Map.of());
    for (MeshPort port : service.ports()) {
      Resource<BackendTlsPolicySpec> policy = own.getOrDefault(port.name(), own.get(WHOLE));
      if (policy != null) {
        byPort.put(port.number(), roots.resolved(policy.spec().tls()));
      }
    }
    return byPort;
  }

  private void add(
      Resource<BackendTlsPolicySpec> policy,
      Target target,
      String pointer,
      Collection<Finding> findings) {
    String section = target.section() == null ? WHOLE : target.section();
    String where =
        target.kind()
            + " "
            + policy.key().namespace()
            + "/"
            + target.name()
            + (section.isEmpty() ? "" : " port " + section);
    List<MeshService> services =
        services(policy.key().namespace(), target).stream()
            .filter(
                service ->
                    section.isEmpty()
                        || service.ports().stream().anyMatch(port -> port.name().equals(section)))
            .toList();
    if (services.isEmpty()) {
      findings.add(
          Finding.of(
              FindingCode.POLICY_TARGET_NOT_FOUND,
              policy.key(),
              pointer,
              target.provenance(),
              "there is no " + where));
    }
    for (MeshService service : services) {
      Resource<BackendTlsPolicySpec> winner =
          winners
              .computeIfAbsent(service.host(), host -> new HashMap<>())
              .putIfAbsent(section, policy);
      if (winner != null && !winner.key().equals(policy.key())) {
        findings.add(
            Finding.of(
                    FindingCode.POLICY_CONFLICTED,
                    policy.key(),
                    pointer,
                    target.provenance(),
                    where + " already has " + winner.key() + ", which is older")
                .withHint("one policy per target"));
        return;
      }
    }
  }

  private List<MeshService> services(String namespace, Target target) {
    if (target.group().isEmpty() && target.kind().equals(Kind.SERVICE.kindName())) {
      return catalog.find(namespace, target.name()).stream().toList();
    }
    ResourceKey key = new ResourceKey(Kind.SERVICE_ENTRY, namespace, target.name());
    return catalog.services().stream().filter(service -> key.equals(service.declaredBy())).toList();
  }
}

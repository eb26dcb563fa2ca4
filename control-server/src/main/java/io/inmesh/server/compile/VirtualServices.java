package io.inmesh.server.compile;

import io.inmesh.server.compile.DelegatedRules.Written;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.VirtualServiceSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The VirtualServices, by host and by the callers they are for. Istio's order for callers in the
 * mesh: an exact host before a wildcard and the longer wildcard first; then what is only for the
 * caller's namespace, what is exported to it by name, what is for all; then the oldest. One wins,
 * nothing is put together: merging is for gateways. Immutable.
 */
final class VirtualServices {
  /** One host of an object, in full, with all rules. */
  private record Entry(String host, Resource<VirtualServiceSpec> resource, List<Written> rules) {
    String namespace() {
      return resource.key().namespace();
    }

    boolean seenBy(String clients) {
      return Exports.to(resource.spec().exportTo(), resource.key(), clients);
    }

    /** How much it is meant for the callers of one namespace. */
    int distance(String clients) {
      List<String> to = resource.spec().exportTo();
      if (to.isEmpty() || to.contains("*")) {
        return 2;
      }
      return clients.equals(namespace()) ? 0 : 1;
    }
  }

  private static final Comparator<Entry> MOST_SPECIFIC =
      Comparator.comparing((Entry entry) -> entry.host().startsWith("*."))
          .thenComparing(entry -> -entry.host().length())
          .thenComparing(Entry::resource, Age.OLDEST_FIRST);

  private final ServiceCatalog catalog;
  private final Collection<Finding> findings;
  private final List<Entry> entries = new ArrayList<>();

  VirtualServices(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    this.catalog = catalog;
    this.findings = findings;
    DelegatedRules delegated = new DelegatedRules(config, findings);
    String suffix = config.meshDefaults().domainSuffix();
    for (Resource<VirtualServiceSpec> resource : config.virtualServices()) {
      if (!resource.spec().forMesh() || resource.spec().http().isEmpty()) {
        continue;
      }
      List<Written> rules = resource.spec().isDelegate() ? List.of() : delegated.of(resource);
      int index = 0;
      for (String written : resource.spec().hosts()) {
        String host = HostNames.full(written, resource.key().namespace(), suffix, catalog);
        entries.add(new Entry(host, resource, rules));
        checkHost(resource, host, "/spec/hosts/" + index++);
      }
    }
    entries.sort(MOST_SPECIFIC);
  }

  private void checkHost(Resource<VirtualServiceSpec> resource, String host, String pointer) {
    if (catalog.services().stream().noneMatch(s -> HostNames.matches(host, s.host()))) {
      findings.add(
          Finding.of(
                  FindingCode.VIRTUAL_SERVICE_HOST_NOT_FOUND,
                  resource.key(),
                  pointer,
                  resource.provenance(),
                  host + " is no service of the mesh: nobody can call it")
              .withHint("declare it with a Service or ServiceEntry"));
    }
  }

  /** What applies to calls to a host. */
  record Found(Resource<VirtualServiceSpec> resource, List<Written> rules) {}

  /** The object in force for callers of a namespace. */
  Optional<Found> of(MeshService service, String clients) {
    List<Entry> candidates =
        entries.stream()
            .filter(entry -> HostNames.matches(entry.host(), service.host()))
            .filter(entry -> entry.seenBy(clients))
            .toList();
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    String host = candidates.get(0).host();
    List<Entry> sameHost = candidates.stream().filter(c -> c.host().equals(host)).toList();
    int nearest = sameHost.stream().mapToInt(c -> c.distance(clients)).min().orElse(0);
    List<Entry> equals = sameHost.stream().filter(c -> c.distance(clients) == nearest).toList();
    Entry winner = equals.get(0);
    equals.stream().skip(1).forEach(loser -> conflicted(loser, winner));
    return Optional.of(new Found(winner.resource(), winner.rules()));
  }

  private void conflicted(Entry loser, Entry winner) {
    if (!loser.resource().key().equals(winner.resource().key())) {
      findings.add(
          Finding.of(
                  FindingCode.VIRTUAL_SERVICE_CONFLICTED,
                  loser.resource().key(),
                  "/spec/hosts",
                  loser.resource().provenance(),
                  winner.host()
                      + " already has "
                      + winner.resource().key()
                      + ", which is older: this one has no effect on it")
              .withHint("put them together; only gateways merge them"));
    }
  }

  /** The namespaces whose callers may be treated in their own way. */
  SortedSet<String> namespaces(MeshService service) {
    SortedSet<String> namespaces = new TreeSet<>();
    for (Entry entry : entries) {
      if (HostNames.matches(entry.host(), service.host())) {
        namespaces.add(entry.namespace());
        namespaces.addAll(entry.resource().spec().exportTo());
        entry.rules().stream()
            .flatMap(written -> written.rule().matches().stream())
            .forEach(match -> namespaces.add(match.sourceNamespace()));
      }
    }
    namespaces.removeAll(Set.of("", ".", "*", "~"));
    return namespaces;
  }

  /** Whether callers of one namespace may be told apart by their labels. */
  boolean tellsWorkloadsApart(MeshService service) {
    return entries.stream()
        .filter(entry -> HostNames.matches(entry.host(), service.host()))
        .flatMap(entry -> entry.rules().stream())
        .anyMatch(written -> byLabels(written.rule()));
  }

  /** Whether any callers may be told apart by their labels. */
  static boolean tellWorkloadsApart(ConfigSet config) {
    return config.virtualServices().stream()
        .flatMap(resource -> resource.spec().http().stream())
        .anyMatch(VirtualServices::byLabels);
  }

  private static boolean byLabels(VirtualServiceSpec.Rule rule) {
    return rule.matches().stream().anyMatch(match -> !match.sourceLabels().isEmpty());
  }
}

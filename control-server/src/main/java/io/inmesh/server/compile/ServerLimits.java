package io.inmesh.server.compile;

import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RoutePolicySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What the policies of services say about the requests that arrive at their servers, port by port:
 * a process may serve several services, each on a port of its own. Immutable.
 */
final class ServerLimits {
  /**
   * A service whose policy its servers have a part in.
   *
   * @param ports where its servers listen
   */
  private record Limited(
      MeshService service, Resource<RoutePolicySpec> policy, SortedSet<Integer> ports) {
    boolean sharesServersWith(Limited other) {
      return service.namespace().equals(other.service.namespace())
          && service.selection() instanceof Selection.Labels mine
          && other.service.selection() instanceof Selection.Labels theirs
          && (contains(mine, theirs) || contains(theirs, mine));
    }

    private static boolean contains(Selection.Labels narrow, Selection.Labels wide) {
      return narrow.selector().entrySet().containsAll(wide.selector().entrySet());
    }
  }

  /** With the oldest policy first: where several say the same of a port, the first counts. */
  private final List<Limited> services;

  /**
   * Those of the policies that are in force.
   *
   * @param ports where the servers of a service listen
   */
  ServerLimits(
      ConfigSet config, ServiceCatalog catalog, Function<MeshService, SortedSet<Integer>> ports) {
    // What is wrong with these policies is reported where routes are compiled.
    PolicyIndex policies = new PolicyIndex(config, catalog, new ArrayList<>());
    List<Limited> limited = new ArrayList<>();
    for (MeshService service : catalog.services()) {
      Resource<RoutePolicySpec> policy = policies.ofService(service);
      if (policy != null && !CallFilters.saidToServers(policy.spec().calls()).isEmpty()) {
        limited.add(new Limited(service, policy, ports.apply(service)));
      }
    }
    limited.sort(Comparator.comparing(Limited::policy, Age.OLDEST_FIRST));
    services = List.copyOf(limited);
  }

  /** Whether they say something about servers of a namespace. */
  boolean concern(String namespace) {
    return services.stream().anyMatch(one -> one.service().namespace().equals(namespace));
  }

  /** What is said to the servers of some services, by the port they listen on. */
  SortedMap<Integer, List<CallRules>> of(Predicate<MeshService> whose) {
    SortedMap<Integer, List<CallRules>> byPort = new TreeMap<>();
    for (Limited one : services) {
      if (whose.test(one.service())) {
        for (int port : one.ports()) {
          byPort.computeIfAbsent(port, p -> new ArrayList<>()).add(one.policy().spec().calls());
        }
      }
    }
    return byPort;
  }

  /** Whether nothing changes here if the servers of a service listen on these ports. */
  boolean agreeWith(MeshService service, SortedSet<Integer> ports) {
    return services.stream()
        .filter(one -> one.service().host().equals(service.host()))
        .allMatch(one -> one.ports().equals(ports));
  }

  /** Tells what has no effect because an older policy says it to the same servers. */
  void check(Collection<Finding> findings) {
    for (int i = 0; i < services.size(); i++) {
      for (Limited older : services.subList(0, i)) {
        check(older, services.get(i), findings);
      }
    }
  }

  private static void check(Limited older, Limited younger, Collection<Finding> findings) {
    Set<Integer> ports = new TreeSet<>(older.ports());
    ports.retainAll(younger.ports());
    Set<String> said = CallFilters.saidToServers(younger.policy().spec().calls());
    said.retainAll(CallFilters.saidToServers(older.policy().spec().calls()));
    if (ports.isEmpty()
        || said.isEmpty()
        || older.policy().key().equals(younger.policy().key())
        || !older.sharesServersWith(younger)) {
      return;
    }
    findings.add(
        Finding.of(
                FindingCode.POLICY_CONFLICTED,
                younger.policy().key(),
                "/spec",
                younger.policy().provenance(),
                "servers of Service "
                    + younger.service().name()
                    + " serve Service "
                    + older.service().name()
                    + ", too, on port "
                    + ports.iterator().next()
                    + ", where "
                    + older.policy().key()
                    + " is older: its "
                    + String.join(", ", said)
                    + " counts")
            .withHint("let each Service have a port of its own, or one policy name both"));
  }
}

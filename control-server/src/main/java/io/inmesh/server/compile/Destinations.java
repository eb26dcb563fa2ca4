package io.inmesh.server.compile;

import io.inmesh.server.config.BackendTrafficPolicySpec.RetryConstraint;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.DestinationRuleSpec;
import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.TrafficPolicySpec;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import io.inmesh.server.config.TrafficPolicySpec.LoadBalancer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The DestinationRules, by the callers they are for. Istio's order: a rule in the caller's
 * namespace, else one that the service's namespace exports to it, else one of the root namespace;
 * among those the most specific host. Of several for the same host in one namespace the oldest says
 * the policy, and subsets are put together. Immutable.
 */
final class Destinations {
  /** Istio's root namespace; its rules are for the whole mesh. */
  static final String ROOT_NAMESPACE = "istio-system";

  private static final String EVERYONE = "";

  /** A rule with its host in full. */
  private record Rule(String host, Resource<DestinationRuleSpec> resource) {
    String namespace() {
      return resource.key().namespace();
    }

    boolean matches(String name) {
      return HostNames.matches(host, name);
    }

    boolean exportedTo(String clients) {
      List<String> to = resource.spec().exportTo();
      return to.isEmpty()
          || to.contains("*")
          || to.contains(clients)
          || (to.contains(".") && clients.equals(namespace()));
    }
  }

  /** Longer hosts first, wildcards after all others, then the oldest. */
  private static final Comparator<Rule> MOST_SPECIFIC =
      Comparator.comparing((Rule rule) -> rule.host().startsWith("*."))
          .thenComparing(rule -> -rule.host().length())
          .thenComparing(Rule::resource, Age.OLDEST_FIRST);

  private final List<Rule> rules = new ArrayList<>();
  private final ServiceCatalog catalog;
  private final Map<String, SortedMap<String, Destination>> byHost = new HashMap<>();

  private final TrustedRoots roots;

  private Destinations(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    this.catalog = catalog;
    roots = new TrustedRoots(config);
    BackendTls backends = new BackendTls(config, catalog, roots, findings);
    String suffix = config.meshDefaults().domainSuffix();
    for (Resource<DestinationRuleSpec> resource : config.destinationRules()) {
      String namespace = resource.key().namespace();
      String host = HostNames.full(resource.spec().host(), namespace, suffix, catalog);
      rules.add(new Rule(host, resource));
    }
    rules.sort(MOST_SPECIFIC);
    // What is wrong with policies is reported where routes are compiled.
    PolicyIndex policies = new PolicyIndex(config, catalog, new ArrayList<>());
    BackendPolicies constraints = new BackendPolicies(config, catalog, findings);
    for (MeshService service : catalog.services()) {
      RetryConstraint retries = constraints.retries(service);
      SortedMap<String, Destination> destinations = new TreeMap<>();
      Resource<RoutePolicySpec> policy = policies.ofService(service);
      EndpointPolicySpec endpoints = policy == null ? null : policy.spec().endpoints();
      SortedMap<Integer, ClientTls> tls = backends.of(service);
      Destination everyone = find(service, EVERYONE).with(endpoints, retries, tls);
      destinations.put(EVERYONE, everyone);
      for (String namespace : mentioned(service)) {
        Destination own = find(service, namespace).with(endpoints, retries, tls);
        if (!own.equals(everyone)) {
          destinations.put(namespace, own);
        }
      }
      byHost.put(service.host(), destinations);
    }
  }

  static Destinations of(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    Destinations destinations = new Destinations(config, catalog, findings);
    destinations.check(findings);
    return destinations;
  }

  /** What callers make of a host, by their namespace; under the empty one those of all others. */
  SortedMap<String, Destination> of(MeshService service) {
    return byHost.getOrDefault(service.host(), new TreeMap<>(Map.of(EVERYONE, Destination.NONE)));
  }

  /** What callers of a namespace make of a host. */
  Destination of(MeshService service, String namespace) {
    SortedMap<String, Destination> all = of(service);
    Destination own = all.get(namespace);
    return own == null ? all.getOrDefault(EVERYONE, Destination.NONE) : own;
  }

  /** The key that requests to a cluster are hashed by; empty: none. */
  Optional<ConsistentHash> hash(String cluster, String namespace) {
    Optional<Names.ClusterName> name = Names.parse(cluster);
    MeshService service = name.isEmpty() ? null : catalog.byHost(name.get().host());
    if (service == null) {
      return Optional.empty();
    }
    Destination destination = of(service, namespace);
    Destination.Subset subset = destination.parts().get(name.get().subset());
    TrafficPolicySpec policy =
        destination.policy(name.get().port(), subset == null ? Destination.Subset.WHOLE : subset);
    return Optional.ofNullable(policy.loadBalancer()).map(LoadBalancer::consistentHash);
  }

  /** The namespaces whose callers treat a cluster's service in their own way. */
  Set<String> namespaces(String cluster) {
    return Names.parse(cluster)
        .map(name -> catalog.byHost(name.host()))
        .map(service -> of(service).keySet())
        .orElse(Set.of());
  }

  /** The namespaces that a rule about the service may single out. */
  private SortedSet<String> mentioned(MeshService service) {
    SortedSet<String> namespaces = new TreeSet<>();
    for (Rule rule : rules) {
      if (rule.matches(service.host())) {
        namespaces.add(rule.namespace());
        for (String to : rule.resource().spec().exportTo()) {
          if (!to.equals("*") && !to.equals(".")) {
            namespaces.add(to);
          }
        }
      }
    }
    return namespaces;
  }

  private Destination find(MeshService service, String clients) {
    for (String namespace : List.of(clients, service.namespace(), ROOT_NAMESPACE)) {
      List<Rule> found =
          rules.stream()
              .filter(rule -> rule.namespace().equals(namespace))
              .filter(rule -> rule.matches(service.host()))
              .filter(rule -> namespace.equals(clients) || rule.exportedTo(clients))
              .toList();
      if (!namespace.isEmpty() && !found.isEmpty()) {
        String host = found.get(0).host();
        return merged(found.stream().filter(rule -> rule.host().equals(host)).toList());
      }
    }
    return Destination.NONE;
  }

  private Destination merged(List<Rule> sameHost) {
    TrafficPolicySpec policy = TrafficPolicySpec.EMPTY;
    SortedMap<String, Destination.Subset> subsets = new TreeMap<>();
    for (Rule rule : sameHost) {
      DestinationRuleSpec spec = rule.resource().spec();
      if (policy.equals(TrafficPolicySpec.EMPTY) && spec.trafficPolicy() != null) {
        policy = spec.trafficPolicy().mapTls(roots::resolved);
      }
      for (DestinationRuleSpec.Subset subset : spec.subsets()) {
        subsets.putIfAbsent(
            subset.name(),
            new Destination.Subset(
                subset.labels(),
                subset.trafficPolicy() == null
                    ? TrafficPolicySpec.EMPTY
                    : subset.trafficPolicy().mapTls(roots::resolved),
                rule.resource().key(),
                subset.provenance()));
      }
    }
    return new Destination(policy, subsets, null, null, new TreeMap<>());
  }

  // ---- findings ----

  private void check(Collection<Finding> findings) {
    Map<String, Rule> first = new HashMap<>();
    for (Rule rule : rules) {
      List<MeshService> services =
          catalog.services().stream().filter(service -> rule.matches(service.host())).toList();
      if (services.isEmpty()) {
        report(
            FindingCode.DESTINATION_HOST_NOT_FOUND,
            rule,
            "/spec/host",
            "no service of the mesh is called " + rule.host(),
            "",
            findings);
      }
      Rule winner = first.putIfAbsent(rule.namespace() + " " + rule.host(), rule);
      if (winner != null) {
        conflict(rule, winner, findings);
      }
      checkPorts(rule, services, findings);
      checkRoots(rule, findings);
    }
  }

  private void checkRoots(Rule rule, Collection<Finding> findings) {
    DestinationRuleSpec spec = rule.resource().spec();
    List<TrafficPolicySpec> policies = new ArrayList<>();
    if (spec.trafficPolicy() != null) {
      policies.add(spec.trafficPolicy());
    }
    spec.subsets().stream()
        .map(DestinationRuleSpec.Subset::trafficPolicy)
        .filter(Objects::nonNull)
        .forEach(policies::add);
    for (TrafficPolicySpec policy : policies) {
      TrafficPolicySpec unused =
          policy.mapTls(
              tls -> {
                if (roots.resolved(tls).roots() instanceof ClientTls.Roots.Missing missing) {
                  report(
                      FindingCode.ROOTS_NOT_FOUND,
                      rule,
                      "/spec/trafficPolicy/tls/credentialName",
                      missing.why(),
                      "calls to " + rule.host() + " fail",
                      findings);
                }
                return tls;
              });
    }
  }

  private static void conflict(Rule rule, Rule winner, Collection<Finding> findings) {
    DestinationRuleSpec older = winner.resource().spec();
    if (rule.resource().spec().trafficPolicy() != null && older.trafficPolicy() != null) {
      report(
          FindingCode.DESTINATION_RULE_CONFLICTED,
          rule,
          "/spec/trafficPolicy",
          winner.resource().key() + " is older and has the policy of " + rule.host(),
          "one DestinationRule per host and namespace",
          findings);
    }
    Set<String> taken = new TreeSet<>();
    older.subsets().forEach(subset -> taken.add(subset.name()));
    for (DestinationRuleSpec.Subset subset : rule.resource().spec().subsets()) {
      if (taken.contains(subset.name())) {
        report(
            FindingCode.DESTINATION_RULE_CONFLICTED,
            rule,
            "/spec/subsets",
            winner.resource().key() + " is older and has the subset " + subset.name(),
            "",
            findings);
      }
    }
  }

  private static void checkPorts(
      Rule rule, List<MeshService> services, Collection<Finding> findings) {
    TrafficPolicySpec policy = rule.resource().spec().trafficPolicy();
    if (policy == null || services.isEmpty()) {
      return;
    }
    for (int port : new TreeSet<>(policy.ports().keySet())) {
      if (services.stream().noneMatch(service -> service.port(port).isPresent())) {
        report(
            FindingCode.DESTINATION_PORT_NOT_FOUND,
            rule,
            "/spec/trafficPolicy/portLevelSettings",
            rule.host() + " has no port " + port,
            "",
            findings);
      }
    }
  }

  private static void report(
      FindingCode code,
      Rule rule,
      String pointer,
      String message,
      String hint,
      Collection<Finding> findings) {
    findings.add(
        Finding.of(code, rule.resource().key(), pointer, rule.resource().provenance(), message)
            .withHint(hint));
  }
}

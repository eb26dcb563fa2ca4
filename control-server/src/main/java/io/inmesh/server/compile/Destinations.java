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
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The DestinationRules, by the callers they are for. Istio's order: a rule in the caller's
 * namespace, else one that the service's namespace exports to it, else one of the root namespace;
 * among those the most specific host. Of several for the same host in one namespace the oldest says
 * the policy, and subsets are put together; those that select the caller by its labels, which they
 * can in their own namespace only, go before those that select nobody. Immutable.
 */
final class Destinations {
  /** Istio's root namespace; its rules are for the whole mesh. */
  static final String ROOT_NAMESPACE = "istio-system";

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

    @Nullable Map<String, String> selector() {
      return resource.spec().workloadSelector();
    }

    /** Whether it is for certain callers, and these are among them. */
    boolean selects(Clients clients) {
      Map<String, String> labels = selector();
      return labels != null && clients.namespace().equals(namespace()) && clients.carry(labels);
    }
  }

  /** Longer hosts first, wildcards after all others, then the oldest. */
  private static final Comparator<Rule> MOST_SPECIFIC =
      Comparator.comparing((Rule rule) -> rule.host().startsWith("*."))
          .thenComparing(rule -> -rule.host().length())
          .thenComparing(Rule::resource, Age.OLDEST_FIRST);

  private final List<Rule> rules = new ArrayList<>();
  private final ServiceCatalog catalog;
  private final Map<String, SortedMap<Clients, Destination>> byHost = new HashMap<>();

  private final TrustedRoots roots;

  private Destinations(
      ConfigSet config,
      ServiceCatalog catalog,
      Collection<Workload> workloads,
      Collection<Finding> findings) {
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
    Failovers failovers = new Failovers(config, catalog, policies, findings);
    for (MeshService service : catalog.services()) {
      RetryConstraint retries = constraints.retries(service);
      SortedMap<Clients, Destination> destinations = new TreeMap<>();
      Resource<RoutePolicySpec> policy = policies.ofService(service);
      EndpointPolicySpec endpoints = policy == null ? null : policy.spec().endpoints();
      SortedMap<Integer, ClientTls> tls = backends.of(service);
      List<String> failover = failovers.of(service);
      for (Clients clients : mentioned(service, workloads)) {
        Destination own = find(service, clients).with(endpoints, failover, retries, tls);
        if (!own.equals(clients.find(destinations))) {
          destinations.put(clients, own);
        }
      }
      if (policy != null) {
        BalancerCheck.check(service, policy, destinations.values(), findings);
      }
      byHost.put(service.host(), destinations);
    }
  }

  /**
   * Those that are in force.
   *
   * @param workloads those known that rules may tell apart
   */
  static Destinations of(
      ConfigSet config,
      ServiceCatalog catalog,
      Collection<Workload> workloads,
      Collection<Finding> findings) {
    Destinations destinations = new Destinations(config, catalog, workloads, findings);
    destinations.check(findings);
    return destinations;
  }

  /** The namespaces whose callers may be told apart by their labels. */
  static Set<String> tellingWorkloadsApart(ConfigSet config) {
    return config.destinationRules().stream()
        .filter(rule -> rule.spec().workloadSelector() != null)
        .map(rule -> rule.key().namespace())
        .collect(Collectors.toSet());
  }

  /** What callers make of a host; those that are not listed do as the next wider ones. */
  SortedMap<Clients, Destination> of(MeshService service) {
    return byHost.getOrDefault(
        service.host(), new TreeMap<>(Map.of(Clients.OTHERS, Destination.NONE)));
  }

  /** What some callers make of a host. */
  Destination of(MeshService service, Clients clients) {
    return Objects.requireNonNullElse(clients.find(of(service)), Destination.NONE);
  }

  /** The key that requests to a cluster are hashed by; empty: none. */
  Optional<ConsistentHash> hash(String cluster, Clients clients) {
    Optional<Names.ClusterName> name = Names.parse(cluster);
    MeshService service = name.isEmpty() ? null : catalog.byHost(name.get().host());
    if (service == null) {
      return Optional.empty();
    }
    Destination destination = of(service, clients);
    Destination.Subset subset = destination.parts().get(name.get().subset());
    TrafficPolicySpec policy =
        destination.policy(name.get().port(), subset == null ? Destination.Subset.WHOLE : subset);
    return Optional.ofNullable(policy.loadBalancer()).map(LoadBalancer::consistentHash);
  }

  /** The callers that treat a cluster's service in their own way. */
  Set<Clients> clients(String cluster) {
    return Names.parse(cluster)
        .map(name -> catalog.byHost(name.host()))
        .map(service -> of(service).keySet())
        .orElse(Set.of());
  }

  /** All callers, and those that a rule about the service may single out. */
  private NavigableSet<Clients> mentioned(MeshService service, Collection<Workload> workloads) {
    NavigableSet<Clients> clients = new TreeSet<>();
    clients.add(Clients.OTHERS);
    for (Rule rule : rules) {
      if (rule.matches(service.host())) {
        clients.add(Clients.of(rule.namespace()));
        for (String to : rule.resource().spec().exportTo()) {
          if (!to.equals("*") && !to.equals(".")) {
            clients.add(Clients.of(to));
          }
        }
        if (rule.selector() != null) {
          workloads.stream().map(Clients::of).filter(rule::selects).forEach(clients::add);
        }
      }
    }
    return clients;
  }

  private Destination find(MeshService service, Clients callers) {
    String clients = callers.namespace();
    for (String namespace : List.of(clients, service.namespace(), ROOT_NAMESPACE)) {
      List<Rule> found =
          rules.stream()
              .filter(rule -> rule.namespace().equals(namespace))
              .filter(rule -> rule.matches(service.host()))
              .filter(rule -> namespace.equals(clients) || rule.exportedTo(clients))
              .toList();
      if (!namespace.isEmpty() && !found.isEmpty()) {
        String host = found.get(0).host();
        return merged(
            of(callers, found.stream().filter(rule -> rule.host().equals(host)).toList()));
      }
    }
    return Destination.NONE;
  }

  /** Those that select the callers, as the oldest of them does, then those that select nobody. */
  private static List<Rule> of(Clients callers, List<Rule> sameHost) {
    List<Rule> selecting = sameHost.stream().filter(rule -> rule.selects(callers)).toList();
    List<Rule> all = new ArrayList<>();
    selecting.stream()
        .filter(rule -> Objects.equals(rule.selector(), selecting.get(0).selector()))
        .forEach(all::add);
    sameHost.stream().filter(rule -> rule.selector() == null).forEach(all::add);
    return all;
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
    return new Destination(policy, subsets, null, List.of(), null, new TreeMap<>());
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
      Rule winner =
          first.putIfAbsent(
              rule.namespace() + " " + rule.host() + " " + labels(rule.selector()), rule);
      if (winner != null) {
        conflict(rule, winner, findings);
      }
      checkPorts(rule, services, findings);
      checkRoots(rule, findings);
    }
  }

  private static String labels(@Nullable Map<String, String> selector) {
    return selector == null ? "" : new TreeMap<>(selector).toString();
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

package io.inmesh.server.compile;

import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.EndpointPolicySpec.Algorithm;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.LocalitySpec;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.TrafficPolicySpec.LoadBalancer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tells what has no effect because the RoutePolicy of a service and the DestinationRules of it say
 * things about choosing endpoints that do not go together.
 */
final class BalancerCheck {
  private final MeshService service;
  private final Resource<RoutePolicySpec> policy;
  private final Collection<Finding> findings;

  private BalancerCheck(
      MeshService service, Resource<RoutePolicySpec> policy, Collection<Finding> findings) {
    this.service = service;
    this.policy = policy;
    this.findings = findings;
  }

  /**
   * Compares.
   *
   * @param policy of the service
   * @param destinations what all callers make of the service
   */
  static void check(
      MeshService service,
      Resource<RoutePolicySpec> policy,
      Collection<Destination> destinations,
      Collection<Finding> findings) {
    new BalancerCheck(service, policy, findings).check(rules(service, destinations));
  }

  private static Set<LoadBalancer> rules(
      MeshService service, Collection<Destination> destinations) {
    return destinations.stream()
        .flatMap(
            destination ->
                destination.parts().values().stream()
                    .flatMap(
                        part ->
                            service.ports().stream()
                                .map(port -> destination.policy(port.number(), part))))
        .map(said -> said.loadBalancer())
        .filter(Objects::nonNull)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void check(Set<LoadBalancer> rules) {
    EndpointPolicySpec endpoints = policy.spec().endpoints();
    Algorithm algorithm = endpoints == null ? null : endpoints.algorithm();
    if (endpoints != null && algorithm != null) {
      for (LoadBalancer rule : rules) {
        String lost = String.join(", ", onlyOfOtherAlgorithms(rule));
        if (!lost.isEmpty()) {
          String where = rule.provenance().file() + ":" + rule.provenance().line();
          report(
              "loadBalancer",
              endpoints.balancerAt(),
              "goes before the balancer of the DestinationRule at "
                  + where
                  + ", whose "
                  + lost
                  + " has no effect");
        }
      }
    }
    if (rules.stream().anyMatch(rule -> rule.consistentHash() != null)) {
      return;
    }
    if (endpoints != null && algorithm == null && endpoints.hashBalancePercent() > 0) {
      report("loadBalancer/hashBalancePercent", endpoints.balancerAt(), notHashed());
    }
    if (policy.spec().calls().hashKey() != null && !(algorithm instanceof Algorithm.Custom)) {
      report("hashKey", policy.provenance(), notHashed());
    }
  }

  private static List<String> onlyOfOtherAlgorithms(LoadBalancer rule) {
    List<String> lost = new ArrayList<>();
    if (rule.consistentHash() != null) {
      lost.add("consistentHash");
    }
    if (rule.warmup() != null) {
      lost.add("warmup");
    }
    LocalitySpec localities = rule.locality();
    if (localities != null && localities.zoneAware()) {
      lost.add("zoneAwareLbSetting");
    }
    if (localities != null && localities.enabled() && !localities.distribute().isEmpty()) {
      lost.add("localityLbSetting.distribute");
    }
    return lost;
  }

  private String notHashed() {
    return "no DestinationRule gives Service "
        + service.name()
        + " a consistentHash, without which it has no effect";
  }

  private void report(String field, Provenance at, String message) {
    findings.add(
        Finding.of(FindingCode.BALANCER_INEFFECTIVE, policy.key(), "/spec/" + field, at, message));
  }
}

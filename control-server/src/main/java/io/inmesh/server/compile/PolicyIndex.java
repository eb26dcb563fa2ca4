package io.inmesh.server.compile;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RoutePolicySpec.TargetRef;
import io.inmesh.server.config.Spec;
import io.inmesh.server.config.VirtualServiceSpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The RoutePolicy in force for each target (GEP-713, no merging): of several on one target the
 * oldest, then the first by name; the others are refused. The policy of a rule replaces that of its
 * route, which replaces that of the service.
 */
final class PolicyIndex {
  private record Target(String kind, String namespace, String name, String section) {}

  private final Map<Target, Resource<RoutePolicySpec>> winners = new HashMap<>();
  private final ConfigSet config;
  private final ServiceCatalog catalog;

  PolicyIndex(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    this.config = config;
    this.catalog = catalog;
    List<Resource<RoutePolicySpec>> oldestFirst =
        config.routePolicies().stream().sorted(Age.OLDEST_FIRST).toList();
    for (Resource<RoutePolicySpec> policy : oldestFirst) {
      int index = 0;
      for (TargetRef ref : policy.spec().targetRefs()) {
        add(policy, ref, "/spec/targetRefs/" + index++, findings);
      }
    }
  }

  private void add(
      Resource<RoutePolicySpec> policy,
      TargetRef ref,
      String pointer,
      Collection<Finding> findings) {
    String namespace = policy.key().namespace();
    String section = ref.sectionName() == null ? "" : ref.sectionName();
    Target target = new Target(ref.kind(), namespace, ref.name(), section);
    Optional<String> missing = missing(target);
    if (missing.isPresent()) {
      findings.add(
          Finding.of(
              FindingCode.POLICY_TARGET_NOT_FOUND,
              policy.key(),
              pointer,
              ref.provenance(),
              "there is no " + missing.get()));
      return;
    }
    Resource<RoutePolicySpec> winner = winners.putIfAbsent(target, policy);
    if (winner != null && !winner.key().equals(policy.key())) {
      findings.add(
          Finding.of(
                  FindingCode.POLICY_CONFLICTED,
                  policy.key(),
                  pointer,
                  ref.provenance(),
                  describe(target) + " already has " + winner.key() + ", which is older")
              .withHint("one policy per target"));
    }
  }

  private Optional<String> missing(Target target) {
    if (target.kind().equals(Kind.SERVICE.kindName())) {
      return catalog.find(target.namespace(), target.name()).isPresent()
          ? Optional.empty()
          : Optional.of(describe(target));
    }
    Optional<Stream<String>> rules = ruleNames(target);
    if (rules.isEmpty()) {
      return Optional.of(
          describe(new Target(target.kind(), target.namespace(), target.name(), "")));
    }
    return target.section().isEmpty() || rules.get().anyMatch(target.section()::equals)
        ? Optional.empty()
        : Optional.of(describe(target));
  }

  private Optional<Stream<String>> ruleNames(Target target) {
    Kind kind =
        Stream.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE, Kind.VIRTUAL_SERVICE)
            .filter(one -> one.kindName().equals(target.kind()))
            .findFirst()
            .orElseThrow();
    return config
        .find(new ResourceKey(kind, target.namespace(), target.name()))
        .map(route -> ruleNames(route.spec()));
  }

  private static Stream<String> ruleNames(Spec spec) {
    if (spec instanceof HttpRouteSpec route) {
      return route.rules().stream().map(HttpRouteSpec.Rule::name);
    }
    return spec instanceof GrpcRouteSpec route
        ? route.rules().stream().map(GrpcRouteSpec.Rule::name)
        : ((VirtualServiceSpec) spec).http().stream().map(VirtualServiceSpec.Rule::name);
  }

  /**
   * The policy that a rule's filters name, which goes before any that names the rule; empty: they
   * name none.
   */
  Optional<Named> named(ResourceKey route, List<RouteFilter> filters) {
    return filters.stream()
        .filter(RouteFilter.ExtensionRef.class::isInstance)
        .map(RouteFilter.ExtensionRef.class::cast)
        .findFirst()
        .map(
            ref -> {
              ResourceKey key = new ResourceKey(Kind.ROUTE_POLICY, route.namespace(), ref.name());
              return new Named(
                  key,
                  config.routePolicies().stream()
                      .filter(policy -> policy.key().equals(key))
                      .findFirst()
                      .orElse(null));
            });
  }

  /**
   * What an ExtensionRef names.
   *
   * @param policy null: there is none
   */
  record Named(ResourceKey key, @Nullable Resource<RoutePolicySpec> policy) {}

  /** The policy of a rule, or else of its route; null if neither has one. */
  @Nullable Resource<RoutePolicySpec> ofRule(ResourceKey route, String ruleName) {
    String kind = route.kind().kindName();
    Resource<RoutePolicySpec> own =
        ruleName.isEmpty()
            ? null
            : winners.get(new Target(kind, route.namespace(), route.name(), ruleName));
    return own != null ? own : winners.get(new Target(kind, route.namespace(), route.name(), ""));
  }

  /** The policy of a service; null if it has none. */
  @Nullable Resource<RoutePolicySpec> ofService(MeshService service) {
    return winners.get(
        new Target(Kind.SERVICE.kindName(), service.namespace(), service.name(), ""));
  }

  private static String describe(Target target) {
    return target.kind()
        + " "
        + target.namespace()
        + "/"
        + target.name()
        + (target.section().isEmpty() ? "" : " rule " + target.section());
  }
}

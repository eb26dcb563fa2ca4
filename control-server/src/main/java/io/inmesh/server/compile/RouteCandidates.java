package io.inmesh.server.compile;

import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RouteRetry;
import io.inmesh.server.config.RouteSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The matches of a route for one of its parents, each with its rule compiled. */
final class RouteCandidates {
  private final ConfigSet config;
  private final BackendResolver backends;
  private final PolicyIndex policies;
  private final Collection<Finding> findings;

  RouteCandidates(
      ConfigSet config,
      BackendResolver backends,
      PolicyIndex policies,
      Collection<Finding> findings) {
    this.config = config;
    this.backends = backends;
    this.policies = policies;
    this.findings = findings;
  }

  /** In the order written. */
  List<Candidate> of(Resource<? extends RouteSpec> route, MeshService parent) {
    List<Candidate> candidates = new ArrayList<>();
    if (route.spec() instanceof HttpRouteSpec spec) {
      for (HttpRouteSpec.Rule rule : spec.rules()) {
        RouteRule compiled =
            compile(
                route.key(),
                parent,
                rule.index(),
                rule.name(),
                rule.filters(),
                rule.backendRefs(),
                rule.timeouts(),
                rule.retry(),
                rule.provenance());
        int index = 0;
        for (HttpRouteSpec.Match match : rule.matches()) {
          candidates.add(
              candidate(
                  compiled,
                  Matches.of(match),
                  Specificity.of(match),
                  route.key(),
                  pointer(rule.index()) + "/matches/" + index++,
                  match.provenance()));
        }
      }
    } else if (route.spec() instanceof GrpcRouteSpec spec) {
      for (GrpcRouteSpec.Rule rule : spec.rules()) {
        RouteRule compiled =
            compile(
                route.key(),
                parent,
                rule.index(),
                rule.name(),
                rule.filters(),
                rule.backendRefs(),
                Timeouts.NONE,
                null,
                rule.provenance());
        int index = 0;
        for (GrpcRouteSpec.Match match : rule.matches()) {
          candidates.add(
              candidate(
                  compiled,
                  Matches.of(match),
                  Specificity.of(match),
                  route.key(),
                  pointer(rule.index()) + "/matches/" + index++,
                  match.provenance()));
        }
      }
    }
    return candidates;
  }

  /** Limits and retries of requests no route takes. */
  RuleSettings defaults(MeshService service) {
    Resource<RoutePolicySpec> policy = policies.ofService(service);
    return RuleSettings.of(
        Timeouts.NONE,
        null,
        policy == null ? null : policy.spec(),
        config.meshDefaults().timeout());
  }

  private static Candidate candidate(
      RouteRule rule,
      RequestMatch match,
      Specificity specificity,
      ResourceKey route,
      String pointer,
      Provenance provenance) {
    return new Candidate(
        new RouteRule(
            rule.name(),
            match,
            rule.backends(),
            rule.headers(),
            rule.settings(),
            rule.provenance()),
        specificity,
        route,
        pointer,
        provenance);
  }

  private RouteRule compile(
      ResourceKey route,
      MeshService parent,
      int index,
      String ruleName,
      List<RouteFilter> filters,
      List<BackendRef> refs,
      Timeouts timeouts,
      @Nullable RouteRetry retry,
      Provenance provenance) {
    List<Backend> resolved = backends.resolve(route, parent, refs, pointer(index));
    Optional<String> unserved = Filters.unserved(filters);
    if (unserved.isPresent()) {
      resolved = List.of(new Backend.Invalid(unserved.get() + " is not served", 1));
      findings.add(
          Finding.of(
                  FindingCode.FILTER_NOT_SERVED,
                  route,
                  pointer(index) + "/filters",
                  provenance,
                  unserved.get() + " is not served yet")
              .withHint("requests this rule takes are answered with 500"));
    } else if (resolved.size() == 1
        && resolved.get(0) instanceof Backend.Invalid nowhere
        && refs.stream().noneMatch(ref -> ref.weight() > 0)) {
      findings.add(
          Finding.of(
                  FindingCode.RULE_WITHOUT_BACKEND,
                  route,
                  pointer(index) + "/backendRefs",
                  provenance,
                  "the rule sends requests nowhere: " + nowhere.reason())
              .withHint("they are answered with 500"));
    }
    return new RouteRule(
        route + "#" + (ruleName.isEmpty() ? Integer.toString(index) : ruleName),
        RequestMatch.ANY,
        resolved,
        Filters.headers(filters),
        settings(route, parent, index, ruleName, timeouts, retry),
        provenance);
  }

  private RuleSettings settings(
      ResourceKey route,
      MeshService parent,
      int index,
      String ruleName,
      Timeouts timeouts,
      @Nullable RouteRetry retry) {
    Resource<RoutePolicySpec> policy = policies.ofRule(route, ruleName);
    if (policy != null) {
      noteOverruled(route, index, policy, timeouts, retry);
    } else {
      policy = policies.ofService(parent);
    }
    return RuleSettings.of(
        timeouts, retry, policy == null ? null : policy.spec(), config.meshDefaults().timeout());
  }

  private void noteOverruled(
      ResourceKey route,
      int index,
      Resource<RoutePolicySpec> policy,
      Timeouts timeouts,
      @Nullable RouteRetry retry) {
    List<String> fields = new ArrayList<>();
    if (timeouts.request() != null && policy.spec().timeout() != null) {
      fields.add("timeout");
    }
    if (timeouts.backendRequest() != null && policy.spec().perTryTimeout() != null) {
      fields.add("perTryTimeout");
    }
    if (retry != null && policy.spec().retry() != null) {
      fields.add("retry");
    }
    for (String field : fields) {
      findings.add(
          Finding.of(
              FindingCode.POLICY_OVERRULED,
              policy.key(),
              "/spec/" + field,
              policy.provenance(),
              route + " rule " + index + " has its own " + field + ", which goes before"));
    }
  }

  private static String pointer(int rule) {
    return "/spec/rules/" + rule;
  }
}

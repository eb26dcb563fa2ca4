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
import io.inmesh.server.config.SessionPersistence;
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
  private final Sessions sessions;
  private final Collection<Finding> findings;

  RouteCandidates(
      ConfigSet config,
      BackendResolver backends,
      PolicyIndex policies,
      Sessions sessions,
      Collection<Finding> findings) {
    this.config = config;
    this.backends = backends;
    this.policies = policies;
    this.sessions = sessions;
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
                rule.sessionPersistence(),
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
                rule.sessionPersistence(),
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

  /** What happens to requests no route takes. */
  RouteRule defaults(MeshService service, MeshPort port) {
    Resource<RoutePolicySpec> policy = policies.ofService(service);
    RuleSettings settings =
        RuleSettings.of(
            Timeouts.NONE,
            null,
            null,
            policy == null ? null : policy.spec(),
            true,
            config.meshDefaults().timeout(),
            sessions.of(service, null));
    Handling handling =
        policy == null ? Handling.NONE : Handling.copied(backends.mirrors(policy, service));
    return RouteRule.to(service, port, handling, settings);
  }

  /** Those of the rule itself, or else of its policy: nothing merges. */
  private List<Handling.MirrorTarget> mirrors(
      ResourceKey route,
      MeshService parent,
      int index,
      List<RouteFilter> filters,
      @Nullable Resource<RoutePolicySpec> policy) {
    List<Handling.MirrorTarget> targets = new ArrayList<>();
    boolean own = false;
    for (int i = 0; i < filters.size(); i++) {
      if (filters.get(i) instanceof RouteFilter.RequestMirror mirror) {
        own = true;
        String at = pointer(index) + "/filters/" + i + "/requestMirror/backendRef";
        backends
            .other(route, parent, mirror.backend(), at)
            .ifPresent(
                cluster ->
                    targets.add(
                        Handling.MirrorTarget.share(
                            cluster, mirror.numerator(), mirror.denominator())));
      }
    }
    return own || policy == null ? targets : backends.mirrors(policy, parent);
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
            rule.handling(),
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
      @Nullable SessionPersistence session,
      Provenance provenance) {
    List<Backend> resolved = backends.resolve(route, parent, refs, pointer(index));
    Optional<PolicyIndex.Named> named = policies.named(route, filters);
    Optional<String> unserved =
        named
            .filter(one -> one.policy() == null)
            .map(one -> "the filter ExtensionRef: there is no " + one.key() + ", so it")
            .or(() -> Filters.unserved(filters, false));
    Resource<RoutePolicySpec> own =
        named.isPresent() ? named.get().policy() : policies.ofRule(route, ruleName);
    if (unserved.isPresent()) {
      resolved = List.of(new Backend.Invalid(unserved.get() + " is not served", 1, 500));
      findings.add(
          Finding.of(
                  FindingCode.FILTER_NOT_SERVED,
                  route,
                  pointer(index) + "/filters",
                  provenance,
                  unserved.get() + " is not served")
              .withHint("requests this rule takes are answered with 500"));
    } else if (resolved.size() == 1
        && resolved.get(0) instanceof Backend.Invalid nowhere
        && filters.stream().noneMatch(RouteFilter.RequestRedirect.class::isInstance)
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
    RuleSettings settings = settings(route, parent, index, own, timeouts, retry, session);
    Resource<RoutePolicySpec> policy = own == null ? policies.ofService(parent) : own;
    return new RouteRule(
        route + "#" + (ruleName.isEmpty() ? Integer.toString(index) : ruleName),
        RequestMatch.ANY,
        resolved,
        Filters.headers(filters),
        Filters.handling(filters, mirrors(route, parent, index, filters, policy)),
        settings,
        provenance);
  }

  private RuleSettings settings(
      ResourceKey route,
      MeshService parent,
      int index,
      @Nullable Resource<RoutePolicySpec> own,
      Timeouts timeouts,
      @Nullable RouteRetry retry,
      @Nullable SessionPersistence session) {
    if (own != null) {
      noteOverruled(route, index, own, timeouts, retry);
    }
    Resource<RoutePolicySpec> policy = own == null ? policies.ofService(parent) : own;
    return RuleSettings.of(
        timeouts,
        retry == null ? null : RetryRule.of(retry),
        null,
        policy == null ? null : policy.spec(),
        own == null,
        config.meshDefaults().timeout(),
        sessions.of(parent, session));
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

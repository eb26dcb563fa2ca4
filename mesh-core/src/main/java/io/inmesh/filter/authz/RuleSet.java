package io.inmesh.filter.authz;

import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.AccessRules.Action;
import io.opentelemetry.api.common.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compiled {@link AccessRules}. Immutable. */
final class RuleSet {
  /** No policy matched. */
  static final int NONE = -1;

  final Action action;
  private final String[] names;
  private final Condition[] conditions;
  private final RuleIndex index;
  private final Attributes[] matched;
  private final Attributes unmatched;
  private final List<Map<String, String>> findings;

  /**
   * Compiles.
   *
   * @param trial null: they are in force; else they are on trial, and the names of what they find
   *     begin with this
   * @throws IllegalArgumentException naming the policy that is wrong
   */
  RuleSet(AccessRules rules, @Nullable String trial) {
    action = rules.action();
    List<AccessPolicy> policies = rules.policies();
    names = policies.stream().map(AccessPolicy::name).toArray(String[]::new);
    conditions = policies.stream().map(RuleSet::condition).toArray(Condition[]::new);
    index = new RuleIndex(policies);
    matched = new Attributes[names.length];
    findings = new ArrayList<>();
    for (String name : names) {
      matched[findings.size()] = AccessMetrics.attributes(result(true, trial), name);
      findings.add(trial == null ? Map.of() : Map.of(trial + "shadow_effective_policy_id", name));
    }
    unmatched = AccessMetrics.attributes(result(false, trial), "");
  }

  private static Condition condition(AccessPolicy policy) {
    try {
      Condition request = Conditions.of(policy.request());
      Condition source = Conditions.of(policy.source());
      return subject -> request.test(subject) && source.test(subject);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("policy '" + policy.name() + "': " + e.getMessage(), e);
    }
  }

  private String result(boolean match, @Nullable String trial) {
    String result =
        action == Action.LOG ? "logged" : match == (action == Action.ALLOW) ? "allowed" : "denied";
    return trial == null ? result : "shadow_" + result;
  }

  /** The first policy that matches, or {@link #NONE}. */
  int first(Subject subject) {
    return index.first(subject, conditions);
  }

  /** Whether that refuses the request. */
  boolean refuses(int policy) {
    return policy == NONE ? action == Action.ALLOW : action == Action.DENY;
  }

  /** For people. */
  String name(int policy) {
    return policy == NONE ? "no ALLOW policy matches" : names[policy];
  }

  /** What later filters are told of a policy on trial, as Envoy's filter tells it. */
  Map<String, String> finding(int policy) {
    return findings.get(policy);
  }

  /** Of the metric. */
  Attributes attributes(int policy) {
    return policy == NONE ? unmatched : matched[policy];
  }
}

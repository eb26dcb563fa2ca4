package io.inmesh.server.config;

import java.util.List;

/**
 * Istio {@code AuthorizationPolicy}: who may call the selected workloads.
 *
 * @param scope which workloads
 * @param action what a matching request meets
 * @param provider of the external decision, for {@link Action#CUSTOM}; else empty
 * @param rules a request matches if it satisfies one of them; none: no request matches
 */
public record AuthorizationPolicySpec(
    WorkloadScope scope, Action action, String provider, List<Rule> rules) implements Spec {

  /** What a matching request meets. */
  public enum Action {
    /** It is let in; once a workload has such a policy, others are refused. */
    ALLOW,
    /** It is refused. */
    DENY,
    /** It is reported. */
    AUDIT,
    /** Somebody else decides. */
    CUSTOM
  }

  /** Copies the list. */
  public AuthorizationPolicySpec {
    rules = List.copyOf(rules);
  }

  /**
   * All parts must hold; a part that is empty holds.
   *
   * @param from some source, of which all clauses hold
   * @param to some operation, of which all clauses hold
   * @param when all of these
   * @param provenance where it is written
   */
  public record Rule(
      List<List<Clause>> from, List<List<Clause>> to, List<Clause> when, Provenance provenance) {
    /** Copies the lists. */
    public Rule {
      from = List.copyOf(from);
      to = List.copyOf(to);
      when = List.copyOf(when);
    }
  }

  /**
   * A condition on one attribute.
   *
   * @param key as in {@code when}; fields of sources and operations have the key that means the
   *     same
   * @param values one of them matches; empty: any
   * @param notValues none of them matches
   */
  public record Clause(String key, List<String> values, List<String> notValues) {
    /** The host of a request, as operations name it. */
    public static final String HOST = "request.host";

    /** The method of a request. */
    public static final String METHOD = "request.method";

    /** The path of a request. */
    public static final String PATH = "request.path";

    /** Copies the lists. */
    public Clause {
      values = List.copyOf(values);
      notValues = List.copyOf(notValues);
    }
  }
}

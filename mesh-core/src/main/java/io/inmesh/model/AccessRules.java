package io.inmesh.model;

import java.util.List;

/**
 * Policies with one action. Of those that match, the first by name is the one that is named.
 *
 * @param action what a match means
 * @param policies in the order of their names
 */
public record AccessRules(Action action, List<AccessPolicy> policies) {
  /** What a match means. */
  public enum Action {
    /** A request that matches is allowed, any other refused: without policies, all are refused. */
    ALLOW,
    /** A request that matches is refused. */
    DENY,
    /** A request that matches is reported. */
    LOG
  }

  public AccessRules {
    policies = List.copyOf(policies);
  }
}

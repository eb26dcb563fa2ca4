package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.CorsRules;
import io.inmesh.server.config.Resource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a route takes, as they arrive at a server, and what is for this route alone. A
 * value.
 *
 * @param name of the rule
 * @param match what arrives, rewritten as the rule says
 * @param policies besides those of the workload, of each route that may take the requests: of this
 *     one, and of those of other services where several share a port; may be empty for each
 * @param cors what browsers are told; null: nothing
 */
record PolicedRoute(
    String name,
    RequestMatch match,
    List<List<Resource<AuthorizationPolicySpec>>> policies,
    @Nullable CorsRules cors) {
  PolicedRoute {
    policies = policies.stream().map(List::copyOf).toList();
  }

  /** The same, where browsers are told something else. */
  PolicedRoute with(@Nullable CorsRules other) {
    return new PolicedRoute(name, match, policies, other);
  }

  /** The same, where other policies hold. */
  PolicedRoute holding(List<List<Resource<AuthorizationPolicySpec>>> others) {
    return new PolicedRoute(name, match, others, cors);
  }

  /** Whether anything is said. */
  boolean particular() {
    return policed() || cors != null;
  }

  /** Whether there are policies besides those of the workload. */
  boolean policed() {
    return policies.stream().anyMatch(ofOne -> !ofOne.isEmpty());
  }
}

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
 * @param policies besides those of the workload; may be empty
 * @param cors what browsers are told; null: nothing
 */
record PolicedRoute(
    String name,
    RequestMatch match,
    List<Resource<AuthorizationPolicySpec>> policies,
    @Nullable CorsRules cors) {
  PolicedRoute {
    policies = List.copyOf(policies);
  }

  /** The same, where browsers are told something else. */
  PolicedRoute with(@Nullable CorsRules other) {
    return new PolicedRoute(name, match, policies, other);
  }

  /** Whether anything is said. */
  boolean particular() {
    return !policies.isEmpty() || cors != null;
  }
}

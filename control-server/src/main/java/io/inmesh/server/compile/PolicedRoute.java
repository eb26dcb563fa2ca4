package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.Resource;
import java.util.List;

/**
 * Requests that a route takes, as they arrive at a server, and the policies that are for this route
 * alone. A value.
 *
 * @param name of the rule
 * @param match what arrives, rewritten as the rule says
 * @param policies besides those of the workload; may be empty
 */
record PolicedRoute(
    String name, RequestMatch match, List<Resource<AuthorizationPolicySpec>> policies) {
  PolicedRoute {
    policies = List.copyOf(policies);
  }
}

package io.inmesh.model;

import java.util.List;
import java.util.Map;

/**
 * Which tokens requests must carry (Envoy's {@code http.jwt_authn.v3.JwtAuthentication}).
 *
 * @param providers by name
 * @param rules the first that matches a request decides; none: nothing is required
 * @param requirements by name, for per-route settings
 * @param bypassCorsPreflight CORS preflight requests need no token
 * @param quiet a refusal has no body
 */
public record JwtAuthentication(
    Map<String, JwtProvider> providers,
    List<Rule> rules,
    Map<String, JwtRequirement> requirements,
    boolean bypassCorsPreflight,
    boolean quiet) {
  /**
   * What requests of one kind need.
   *
   * @param match which requests
   * @param requires what they need
   */
  public record Rule(RouteMatch match, JwtRequirement requires) {}

  /**
   * Replaces the rules on one route.
   *
   * @param requirement by its name
   */
  public record PerRoute(String requirement) {}

  public JwtAuthentication {
    providers = Map.copyOf(providers);
    rules = List.copyOf(rules);
    requirements = Map.copyOf(requirements);
  }
}

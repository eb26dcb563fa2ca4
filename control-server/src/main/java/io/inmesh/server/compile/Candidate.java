package io.inmesh.server.compile;

import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.ResourceKey;
import java.util.Comparator;

/**
 * One match of one rule of one route, with what decides its place among others.
 *
 * @param rule the match and what it does
 * @param specificity more specific sorts first
 * @param route it comes from
 * @param pointer to the match in the route
 * @param provenance of the match
 */
record Candidate(
    RouteRule rule,
    Specificity specificity,
    ResourceKey route,
    String pointer,
    Provenance provenance) {
  /** By what they match alone; a stable sort keeps the order of routes and rules in ties. */
  static final Comparator<Candidate> PRECEDENCE = Comparator.comparing(Candidate::specificity);
}

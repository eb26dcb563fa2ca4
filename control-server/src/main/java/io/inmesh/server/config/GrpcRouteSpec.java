package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API {@code GRPCRoute}: the standard channel, and the experimental {@code
 * sessionPersistence}.
 *
 * @param parentRefs what the route attaches to
 * @param hostnames without effect on Service parents
 * @param rules in the order written
 */
public record GrpcRouteSpec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules)
    implements RouteSpec {

  /** Copies the lists. */
  public GrpcRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    rules = List.copyOf(rules);
  }

  /**
   * One rule.
   *
   * @param index its place in the route, from 0
   * @param name the {@code sectionName} by which policies refer to it; empty if none
   * @param matches alternatives, never empty: a rule without matches has one for all methods
   * @param filters in the order written
   * @param backendRefs empty means UNAVAILABLE
   * @param sessionPersistence experimental; null if not given
   * @param provenance where it is written
   */
  public record Rule(
      int index,
      String name,
      List<Match> matches,
      List<RouteFilter> filters,
      List<BackendRef> backendRefs,
      @Nullable SessionPersistence sessionPersistence,
      Provenance provenance) {
    /** Copies the lists. */
    public Rule {
      matches = List.copyOf(matches);
      filters = List.copyOf(filters);
      backendRefs = List.copyOf(backendRefs);
    }
  }

  /**
   * Conditions of which all must hold.
   *
   * @param method on the method; null for all
   * @param headers all must match
   * @param provenance where it is written
   */
  public record Match(
      @Nullable MethodMatch method, List<ValueMatch> headers, Provenance provenance) {
    /** Copies the headers. */
    public Match {
      headers = List.copyOf(headers);
    }
  }

  /**
   * A condition on the gRPC method; at least one part is given.
   *
   * @param type how both parts are compared
   * @param service full name, {@code package.Service}; null for all
   * @param method its name; null for all
   */
  public record MethodMatch(
      ValueMatch.Type type, @Nullable String service, @Nullable String method) {}
}

package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.WorkloadScope.RouteRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The routes of a mesh's services, for servers that treat routes differently. Servers find the rule
 * that takes a request as callers do, so that a policy of a route that takes everything is not one
 * of a route that takes more particular requests. Immutable.
 */
final class PolicedRoutes {
  /** Among rules of several services: what is more particular first. */
  private static final Comparator<PolicedRoute> PARTICULAR_FIRST =
      Comparator.<PolicedRoute>comparingInt(route -> kind(route.match().path().type()))
          .thenComparing(route -> -route.match().path().value().length())
          .thenComparing(route -> route.match().method() == null)
          .thenComparing(route -> -route.match().headers().size())
          .thenComparing(route -> -route.match().query().size());

  private final List<RouteTable> tables;

  /** Of these tables; those of consumers are for callers only. */
  PolicedRoutes(List<RouteTable> tables) {
    this.tables = tables.stream().filter(table -> table.clientNamespace().isEmpty()).toList();
  }

  private static int kind(RequestMatch.PathType type) {
    return switch (type) {
      case EXACT -> 0;
      case REGEX -> 1;
      case SEGMENTS, PREFIX -> 2;
    };
  }

  /** Whether some service that satisfies a condition has a route. */
  boolean serves(RouteRef route, Predicate<MeshService> whose) {
    return tables.stream()
        .filter(table -> whose.test(table.service()))
        .anyMatch(table -> table.rules().stream().anyMatch(rule -> isOf(rule, route)));
  }

  /** Whether servers of a namespace tell browsers something. */
  boolean share(String namespace) {
    return tables.stream()
        .filter(table -> table.service().namespace().equals(namespace))
        .anyMatch(table -> table.rules().stream().anyMatch(rule -> rule.handling().cors() != null));
  }

  /**
   * The rules that take requests to some services, in order; none if nothing is said about any of
   * them that concerns servers.
   *
   * @param whose the services
   * @param policies for routes
   */
  List<PolicedRoute> of(
      Predicate<MeshService> whose, List<Resource<AuthorizationPolicySpec>> policies) {
    Set<List<PolicedRoute>> different = new LinkedHashSet<>();
    for (RouteTable table : tables) {
      if (whose.test(table.service())) {
        List<PolicedRoute> rules =
            table.rules().stream().map(rule -> policed(rule, policies)).toList();
        if (rules.stream().anyMatch(PolicedRoute::particular)) {
          different.add(rules);
        }
      }
    }
    if (different.size() == 1) {
      return different.iterator().next();
    }
    List<PolicedRoute> all = new ArrayList<>();
    different.forEach(all::addAll);
    all.sort(PARTICULAR_FIRST);
    return all.stream().distinct().toList();
  }

  private static PolicedRoute policed(
      RouteRule rule, List<Resource<AuthorizationPolicySpec>> policies) {
    return new PolicedRoute(
        rule.name(),
        asServed(rule),
        policies.stream()
            .filter(
                policy ->
                    policy.spec().scope().routes().stream().anyMatch(route -> isOf(rule, route)))
            .toList(),
        rule.handling().cors());
  }

  private static boolean isOf(RouteRule rule, RouteRef route) {
    String name = route.route() + "#";
    return route.rule().isEmpty()
        ? rule.name().startsWith(name)
        : rule.name().equals(name + route.rule());
  }

  /** The caller has rewritten the path before the server sees it. */
  private static RequestMatch asServed(RouteRule rule) {
    PathChange change = rule.handling().path();
    if (change == null) {
      return rule.match();
    }
    return new RequestMatch(
        asServed(rule.match().path(), change),
        rule.match().method(),
        rule.match().headers(),
        rule.match().query());
  }

  private static RequestMatch.Path asServed(RequestMatch.Path match, PathChange change) {
    if (change instanceof PathChange.Whole whole) {
      return new RequestMatch.Path(RequestMatch.PathType.EXACT, whole.value());
    }
    if (!(change instanceof PathChange.Prefix prefix)) {
      return RequestMatch.ANY.path();
    }
    String value = prefix.value();
    if (match.type() != RequestMatch.PathType.SEGMENTS) {
      return new RequestMatch.Path(match.type(), value);
    }
    while (value.length() > 1 && value.endsWith("/")) {
      value = value.substring(0, value.length() - 1);
    }
    return new RequestMatch.Path(match.type(), value.isEmpty() ? "/" : value);
  }
}

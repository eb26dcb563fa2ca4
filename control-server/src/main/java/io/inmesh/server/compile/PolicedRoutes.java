package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.WorkloadScope.RouteRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The routes of a mesh's services, for servers that treat routes differently. Servers find the rule
 * that takes a request as callers do, so that a policy of a route that takes everything is not one
 * of a route that takes more particular requests. Immutable.
 */
final class PolicedRoutes {
  /** The routes to a service's port, and where its servers listen for it. */
  private record Served(RouteTable table, SortedSet<Integer> ports) {
    boolean isOf(Predicate<MeshService> whose) {
      return whose.test(table.service());
    }
  }

  private final List<Served> served;
  private final BiFunction<MeshService, MeshPort, SortedSet<Integer>> ports;
  private final Set<String> concerned;

  /**
   * Of these tables; those of consumers are for callers only.
   *
   * @param policed whether policies are for routes of a namespace
   * @param ports where the servers of a service listen for one of its ports
   */
  PolicedRoutes(
      List<RouteTable> tables,
      Predicate<String> policed,
      BiFunction<MeshService, MeshPort, SortedSet<Integer>> ports) {
    this.ports = ports;
    concerned =
        tables.stream()
            .filter(table -> sharesAny(table) || policed.test(table.service().namespace()))
            .map(table -> table.service().namespace())
            .collect(Collectors.toSet());
    served =
        tables.stream()
            .filter(table -> table.clientNamespace().isEmpty())
            .map(
                table ->
                    new Served(
                        table,
                        concerned.contains(table.service().namespace())
                            ? ports.apply(table.service(), table.port())
                            : new TreeSet<>()))
            .toList();
  }

  private static boolean sharesAny(RouteTable table) {
    return table.rules().stream().anyMatch(rule -> rule.handling().cors() != null);
  }

  /** Whether nothing changes here if the servers of a service listen where they do now. */
  boolean agreeWith(MeshService service) {
    return !concerned.contains(service.namespace())
        || served.stream()
            .filter(one -> one.isOf(other -> other.host().equals(service.host())))
            .allMatch(one -> one.ports().equals(ports.apply(service, one.table().port())));
  }

  /** Whether some service that satisfies a condition has a route. */
  boolean serves(RouteRef route, Predicate<MeshService> whose) {
    return served.stream()
        .filter(one -> one.isOf(whose))
        .anyMatch(one -> one.table().rules().stream().anyMatch(rule -> isOf(rule, route)));
  }

  /** Whether servers of a namespace tell browsers something. */
  boolean share(String namespace) {
    return served.stream()
        .filter(one -> one.isOf(service -> service.namespace().equals(namespace)))
        .anyMatch(one -> sharesAny(one.table()));
  }

  /**
   * Some services, port by port, with the rules that take requests to them; none if nothing is said
   * about any rule that concerns servers.
   *
   * @param whose the services
   * @param policies for routes
   */
  List<PolicedHost> of(
      Predicate<MeshService> whose, List<Resource<AuthorizationPolicySpec>> policies) {
    List<PolicedHost> hosts = new ArrayList<>();
    for (Served one : served) {
      if (one.isOf(whose)) {
        List<PolicedRoute> rules =
            one.table().rules().stream().map(rule -> policed(rule, policies)).toList();
        hosts.add(
            new PolicedHost(
                one.ports(),
                EnvoyRoutes.domains(one.table(), one.table().service().namespace()),
                rules.stream().anyMatch(PolicedRoute::particular) ? rules : List.of()));
      }
    }
    return hosts.stream().allMatch(host -> host.routes().isEmpty()) ? List.of() : hosts;
  }

  private static PolicedRoute policed(
      RouteRule rule, List<Resource<AuthorizationPolicySpec>> policies) {
    return new PolicedRoute(
        rule.name(),
        asServed(rule),
        List.of(
            policies.stream()
                .filter(
                    policy ->
                        policy.spec().scope().routes().stream()
                            .anyMatch(route -> isOf(rule, route)))
                .toList()),
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

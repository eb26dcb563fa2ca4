package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.CorsRules;
import io.inmesh.server.config.Resource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A port of a service as its servers know it. A value.
 *
 * @param ports where servers listen for it; empty: nobody knows
 * @param domains as callers name it
 * @param routes that requests to it take, in order; none if nothing is said about any of them
 */
record PolicedHost(SortedSet<Integer> ports, List<String> domains, List<PolicedRoute> routes) {
  /** Among routes of several services: what is more particular first. */
  private static final Comparator<PolicedRoute> PARTICULAR_FIRST =
      Comparator.<PolicedRoute>comparingInt(route -> kind(route.match().path().type()))
          .thenComparing(route -> -route.match().path().value().length())
          .thenComparing(route -> route.match().method() == null)
          .thenComparing(route -> -route.match().headers().size())
          .thenComparing(route -> -route.match().query().size());

  PolicedHost {
    ports = Collections.unmodifiableSortedSet(new TreeSet<>(ports));
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
  }

  private static int kind(RequestMatch.PathType type) {
    return switch (type) {
      case EXACT -> 0;
      case REGEX -> 1;
      case SEGMENTS, PREFIX -> 2;
    };
  }

  /** Those that a port serves or may serve; all if nobody is known to be served there. */
  static List<PolicedHost> at(int port, List<PolicedHost> hosts) {
    return hosts.stream().noneMatch(host -> host.ports.contains(port))
        ? hosts
        : hosts.stream().filter(host -> host.ports.isEmpty() || host.ports.contains(port)).toList();
  }

  /** The routes of requests that name none of the hosts: those of all. */
  static List<PolicedRoute> routes(List<PolicedHost> hosts) {
    List<List<PolicedRoute>> different =
        hosts.stream()
            .map(PolicedHost::routes)
            .filter(routes -> !routes.isEmpty())
            .distinct()
            .toList();
    return different.size() == 1 ? different.get(0) : together(different);
  }

  /** A request takes a route of each service; the policies of all these hold. */
  private static List<PolicedRoute> together(List<List<PolicedRoute>> services) {
    // Of a Service that restricts none of its routes nothing is to be held together.
    List<List<PolicedRoute>> policed =
        services.stream()
            .filter(routes -> routes.stream().anyMatch(PolicedRoute::policed))
            .toList();
    List<PolicedRoute> all = new ArrayList<>();
    Set<PolicedRoute> earlier = new HashSet<>();
    for (PolicedRoute route :
        services.stream().flatMap(List::stream).sorted(PARTICULAR_FIRST).distinct().toList()) {
      all.add(
          route.holding(
              policed.stream()
                  .flatMap(routes -> policies(route.match(), routes, earlier).stream())
                  .distinct()
                  .toList()));
      earlier.add(route);
    }
    return all;
  }

  /**
   * The policies of those of a service's routes that may take requests which match and which the
   * earlier ones do not take. Where it depends on the request which one does, all of them count.
   */
  private static List<List<Resource<AuthorizationPolicySpec>>> policies(
      RequestMatch match, List<PolicedRoute> routes, Set<PolicedRoute> earlier) {
    List<List<Resource<AuthorizationPolicySpec>>> policies = new ArrayList<>();
    for (PolicedRoute route : routes) {
      if (!earlier.contains(route) && !route.match().excludes(match)) {
        policies.addAll(route.policies());
        if (route.match().covers(match)) {
          break;
        }
      }
    }
    return policies;
  }

  /**
   * The routes of requests that name this host. Callers write what name they like, so it does not
   * decide what they may do; but what browsers are told is of this host alone.
   *
   * @param all the routes of all hosts that are served at the same place
   */
  List<PolicedRoute> routesAmong(List<PolicedRoute> all) {
    return all.stream().noneMatch(PolicedRoute::policed)
        ? routes
        : all.stream().map(route -> route.with(cors(route.match()))).toList();
  }

  private @Nullable CorsRules cors(RequestMatch match) {
    for (PolicedRoute route : routes) {
      if (route.match().equals(match)) {
        return route.cors();
      }
    }
    return null;
  }
}

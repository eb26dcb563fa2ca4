package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.server.config.CallRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a server and what they are set to for each of its routes. The listener's filters
 * are those of all routes together; each route has its own rules in their place.
 *
 * @param filters of the listener
 * @param hosts with routes of their own; the last is any
 */
record ServerRoutes(List<HttpFilter> filters, List<Host> hosts) {
  private static final String ANY = "*";

  /**
   * Requests that name a host.
   *
   * @param domains names of it
   * @param routes in the order in which they are tried; the last takes everything
   */
  record Host(List<String> domains, List<Route> routes) {
    Host {
      domains = List.copyOf(domains);
      routes = List.copyOf(routes);
    }
  }

  ServerRoutes {
    filters = List.copyOf(filters);
    hosts = List.copyOf(hosts);
  }

  /**
   * For clients of a class.
   *
   * @param limits what the policies of the services of the port say
   */
  static ServerRoutes of(ServerPolicy policy, List<CallRules> limits, CapabilityClass clients) {
    List<PolicedRoute> routes = policy.routes();
    List<HttpFilter> all = AuthorizationFilters.of(policy.ofAll(routes), clients);
    if (clients == CapabilityClass.ENVOY) {
      // Its listener has no such filter: browsers are told nothing, and others need not be.
      routes = routes.stream().map(route -> route.with(null)).toList();
    }
    boolean cors = routes.stream().anyMatch(route -> route.cors() != null);
    List<HttpFilter> filters = new ArrayList<>();
    if (cors) {
      // Before all others: browsers ask without the credentials that those look for.
      filters.add(CorsResources.LISTENER);
    }
    filters.addAll(all);
    if (clients == CapabilityClass.INMESH) {
      filters.addAll(CallFilters.ofServer(limits));
    }
    if (routes.isEmpty() || AuthorizationFilters.refusesAll(all)) {
      return new ServerRoutes(
          filters,
          List.of(
              new Host(List.of(ANY), List.of(route("default", RequestMatch.ANY, clients).get(0)))));
    }
    List<Host> hosts = new ArrayList<>();
    if (cors) {
      // A ServiceEntry may be named as callers name a Service; a domain can be of one host only.
      Set<String> taken = new HashSet<>(Set.of(ANY));
      for (PolicedHost host : policy.hosts()) {
        List<PolicedRoute> own = host.routesAmong(routes);
        if (!own.equals(routes)) {
          List<String> domains = host.domains().stream().filter(taken::add).toList();
          if (!domains.isEmpty()) {
            hosts.add(new Host(domains, routes(own, policy, all, clients)));
          }
        }
      }
    }
    hosts.add(new Host(List.of(ANY), routes(routes, policy, all, clients)));
    return new ServerRoutes(filters, hosts);
  }

  /** The routes of requests whatever host they name. */
  List<Route> routes() {
    return hosts.get(hosts.size() - 1).routes();
  }

  private static List<Route> routes(
      List<PolicedRoute> policedRoutes,
      ServerPolicy policy,
      List<HttpFilter> all,
      CapabilityClass clients) {
    List<Route> routes = new ArrayList<>();
    for (PolicedRoute policed : policedRoutes) {
      Map<String, Any> own = overrides(all, policy.of(policed), clients);
      if (policed.cors() != null) {
        own.put(CorsResources.FILTER, CorsResources.of(policed.cors()));
      }
      for (Route route : route(policed.name(), policed.match(), clients)) {
        routes.add(route.toBuilder().putAllTypedPerFilterConfig(own).build());
      }
    }
    Map<String, Any> others = overrides(all, policy.ofNoRoute(), clients);
    for (Route route : route("default", RequestMatch.ANY, clients)) {
      routes.add(route.toBuilder().putAllTypedPerFilterConfig(others).build());
    }
    return routes;
  }

  private static List<Route> route(String name, RequestMatch match, CapabilityClass clients) {
    List<Route> routes = new ArrayList<>();
    for (RouteMatch condition : MatchResources.of(match, clients)) {
      routes.add(
          Route.newBuilder()
              .setName(name)
              .setMatch(condition)
              .setNonForwardingAction(NonForwardingAction.getDefaultInstance())
              .build());
    }
    return routes;
  }

  /** Rules where they differ from the listener's. */
  private static Map<String, Any> overrides(
      List<HttpFilter> all, ServerPolicy policy, CapabilityClass clients) {
    Map<String, Any> rules = new HashMap<>();
    AuthorizationFilters.of(policy, clients)
        .forEach(filter -> rules.put(filter.getName(), filter.getTypedConfig()));
    Map<String, Any> overrides = new HashMap<>();
    for (HttpFilter filter : all) {
      Any own = rules.get(filter.getName());
      if (filter.getTypedConfig().is(RBAC.class) && !filter.getTypedConfig().equals(own)) {
        overrides.put(filter.getName(), perRoute(own));
      }
    }
    return overrides;
  }

  private static Any perRoute(@Nullable Any rules) {
    try {
      RBAC rbac = rules == null ? RBAC.getDefaultInstance() : rules.unpack(RBAC.class);
      return Any.pack(RBACPerRoute.newBuilder().setRbac(rbac).build());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}

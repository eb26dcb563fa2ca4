package io.inmesh.route;

import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.PathMatch;
import io.inmesh.model.Route;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.VirtualHost;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link RouteConfig}: authority, then path, method, headers and query lead to the plan
 * of the first route that matches. The virtual host is the one with the exact domain, else the
 * longest suffix ({@code *.example.com}), else the longest prefix ({@code example.*}), else {@code
 * *}; a wildcard stands for at least one character. Immutable.
 *
 * @param <P> what a route was compiled to
 */
public final class RouteTable<P> {
  private final Map<String, HostRoutes<P>> exact = new HashMap<>();
  private final TreeMap<Integer, Map<String, HostRoutes<P>>> suffixes = new TreeMap<>();
  private final TreeMap<Integer, Map<String, HostRoutes<P>>> prefixes = new TreeMap<>();
  private @Nullable HostRoutes<P> any;
  private @Nullable HostRoutes<P> only;

  /**
   * Compiles routes whose paths are as callers write them.
   *
   * @param config the routes
   * @param planner makes the plan of each route
   * @throws IllegalArgumentException naming the virtual host and route that is wrong
   */
  public RouteTable(RouteConfig config, BiFunction<VirtualHost, Route, P> planner) {
    this(config, UnaryOperator.identity(), planner);
  }

  /**
   * Compiles.
   *
   * @param config the routes
   * @param spelling the form of paths in which requests are looked up
   * @param planner makes the plan of each route
   * @throws IllegalArgumentException naming the virtual host and route that is wrong
   */
  public RouteTable(
      RouteConfig config,
      UnaryOperator<PathMatch> spelling,
      BiFunction<VirtualHost, Route, P> planner) {
    for (VirtualHost host : config.virtualHosts()) {
      HostRoutes<P> routes = new HostRoutes<>(host, spelling, planner);
      for (String domain : host.domains()) {
        add(domain.toLowerCase(Locale.ROOT), routes, host.name());
      }
    }
    if (exact.isEmpty() && suffixes.isEmpty() && prefixes.isEmpty()) {
      only = any;
    }
  }

  private void add(String domain, HostRoutes<P> routes, String host) {
    HostRoutes<P> before;
    if (domain.equals("*")) {
      before = any;
      any = routes;
    } else if (domain.startsWith("*")) {
      before = in(suffixes, domain.length() - 1).put(domain.substring(1), routes);
    } else if (domain.endsWith("*")) {
      String prefix = domain.substring(0, domain.length() - 1);
      before = in(prefixes, prefix.length()).put(prefix, routes);
    } else {
      before = exact.put(domain, routes);
    }
    if (before != null) {
      throw new IllegalArgumentException(
          "virtual host '"
              + host
              + "': domain '"
              + domain
              + "' appears twice; each must be unique");
    }
  }

  private static <P> Map<String, HostRoutes<P>> in(
      NavigableMap<Integer, Map<String, HostRoutes<P>>> byLength, int length) {
    return byLength.computeIfAbsent(length, key -> new HashMap<>());
  }

  /**
   * The plan of the first route that matches; null if none does.
   *
   * @param head the request
   * @param random decides about routes that take a share of requests
   */
  public @Nullable P find(RequestHead head, Randomness random) {
    HostRoutes<P> host = only != null ? only : host(head.authority());
    return host == null ? null : host.find(head, random);
  }

  private @Nullable HostRoutes<P> host(String authority) {
    HostRoutes<P> found = exact.get(authority);
    if (found != null) {
      return found;
    }
    String name = lowerCase(authority);
    found = exact.get(name);
    if (found == null) {
      found = longest(suffixes, name, true);
    }
    if (found == null) {
      found = longest(prefixes, name, false);
    }
    return found == null ? any : found;
  }

  private static <P> @Nullable HostRoutes<P> longest(
      NavigableMap<Integer, Map<String, HostRoutes<P>>> byLength, String name, boolean suffix) {
    // Strictly shorter than the name: a wildcard never stands for nothing.
    var shorter = byLength.lowerEntry(name.length());
    while (shorter != null) {
      int length = shorter.getKey();
      String part = suffix ? name.substring(name.length() - length) : name.substring(0, length);
      HostRoutes<P> found = shorter.getValue().get(part);
      if (found != null) {
        return found;
      }
      shorter = byLength.lowerEntry(length);
    }
    return null;
  }

  private static String lowerCase(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return text.toLowerCase(Locale.ROOT);
      }
    }
    return text;
  }
}

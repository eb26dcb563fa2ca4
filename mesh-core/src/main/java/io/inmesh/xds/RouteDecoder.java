package io.inmesh.xds;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.wire.route.v1.RetrySafety;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Route configurations. Order is kept: the first route that matches wins. */
final class RouteDecoder {
  private static final int MAX_VIRTUAL_HOSTS = 10_000;
  private static final int MAX_ROUTES = 20_000;
  private static final int BODY_LIMIT = 4096;

  private final Decoding decoding;
  private final CallPolicyDecoder calls;
  private final HeaderDecoder headers;
  private final MatchDecoder matches;
  private final RetryDecoder retries;
  private final FilterDecoder filters;

  RouteDecoder(Decoding decoding) {
    this.decoding = decoding;
    headers = new HeaderDecoder(decoding);
    matches = new MatchDecoder(decoding);
    retries = new RetryDecoder(decoding, matches);
    filters = new FilterDecoder(decoding, headers);
    calls = new CallPolicyDecoder(decoding);
  }

  /** A resource of its own. */
  static RouteConfig decode(RouteConfiguration config, Decoding decoding) throws Rejection {
    decoding.audited(config, FieldPath.ROOT);
    if (config.getName().isEmpty()) {
      throw new Rejection(FieldPath.ROOT.field("name"), "is empty");
    }
    return new RouteDecoder(decoding).config(config, FieldPath.ROOT);
  }

  /** One that was audited as a part of something. */
  RouteConfig config(RouteConfiguration config, FieldPath path) throws Rejection {
    if (config.getVirtualHostsCount() > MAX_VIRTUAL_HOSTS) {
      throw new Rejection(path.field("virtual_hosts"), "holds more than " + MAX_VIRTUAL_HOSTS);
    }
    int bodyLimit =
        decoding.saturated(
            config.hasMaxDirectResponseBodySizeBytes(),
            config.getMaxDirectResponseBodySizeBytes(),
            BODY_LIMIT);
    ActionDecoder actions =
        new ActionDecoder(decoding, headers, matches, retries, filters, bodyLimit);
    List<io.inmesh.model.VirtualHost> hosts = new ArrayList<>(config.getVirtualHostsCount());
    Set<String> domains = new HashSet<>();
    int routes = 0;
    for (int i = 0; i < config.getVirtualHostsCount(); i++) {
      FieldPath at = path.field("virtual_hosts", i);
      routes += config.getVirtualHosts(i).getRoutesCount();
      if (routes > MAX_ROUTES) {
        throw new Rejection(at.field("routes"), "more than " + MAX_ROUTES + " routes in all");
      }
      hosts.add(host(config.getVirtualHosts(i), actions, domains, at));
    }
    return new RouteConfig(
        config.getName(),
        hosts,
        headers.changes(
            config.getRequestHeadersToAddList(),
            config.getRequestHeadersToRemoveList(),
            config.getResponseHeadersToAddList(),
            config.getResponseHeadersToRemoveList(),
            path),
        filters.perRoute(config.getTypedPerFilterConfigMap(), path),
        actions.mirrors(config.getRequestMirrorPoliciesList(), path));
  }

  private io.inmesh.model.VirtualHost host(
      VirtualHost host, ActionDecoder actions, Set<String> allDomains, FieldPath path)
      throws Rejection {
    if (host.getDomainsCount() == 0) {
      throw new Rejection(path.field("domains"), "is empty");
    }
    List<String> domains = new ArrayList<>(host.getDomainsCount());
    for (int i = 0; i < host.getDomainsCount(); i++) {
      String domain = host.getDomains(i).toLowerCase(Locale.ROOT);
      FieldPath at = path.field("domains", i);
      int star = domain.indexOf('*');
      if (domain.isEmpty()
          || (star > 0 && star < domain.length() - 1)
          || (star >= 0 && domain.indexOf('*', star + 1) >= 0)) {
        throw new Rejection(at, "may hold one '*', at the beginning or at the end");
      }
      if (!allDomains.add(domain)) {
        throw new Rejection(at, "'" + domain + "' occurs twice");
      }
      domains.add(domain);
    }
    List<io.inmesh.model.Route> routes = new ArrayList<>(host.getRoutesCount());
    for (int i = 0; i < host.getRoutesCount(); i++) {
      routes.add(route(host.getRoutes(i), actions, path.field("routes", i)));
    }
    return new io.inmesh.model.VirtualHost(
        host.getName(),
        domains,
        routes,
        headers.changes(
            host.getRequestHeadersToAddList(),
            host.getRequestHeadersToRemoveList(),
            host.getResponseHeadersToAddList(),
            host.getResponseHeadersToRemoveList(),
            path),
        filters.perRoute(host.getTypedPerFilterConfigMap(), path),
        host.hasRetryPolicy()
            ? retries.retry(
                host.getRetryPolicy(), RetrySafety.getDefaultInstance(), path.field("retry_policy"))
            : null,
        actions.mirrors(host.getRequestMirrorPoliciesList(), path),
        host.getIncludeRequestAttemptCount());
  }

  private io.inmesh.model.Route route(Route route, ActionDecoder actions, FieldPath path)
      throws Rejection {
    RetrySafety safety = RouteExtensions.retries(route.getTypedPerFilterConfigMap(), path);
    RouteAction action =
        switch (route.getActionCase()) {
          case ROUTE ->
              actions.forward(
                  route.getRoute(),
                  safety,
                  calls.of(route.getTypedPerFilterConfigMap(), path),
                  path.field("route"));
          case REDIRECT -> actions.redirect(route.getRedirect(), path.field("redirect"));
          case DIRECT_RESPONSE ->
              actions.directResponse(route.getDirectResponse(), path.field("direct_response"));
          case NON_FORWARDING_ACTION -> new RouteAction.NonForwarding();
          default -> throw new Rejection(path, "has no action that is supported");
        };
    return new io.inmesh.model.Route(
        route.getName(),
        matches.route(route.getMatch(), path.field("match")),
        action,
        headers.changes(
            route.getRequestHeadersToAddList(),
            route.getRequestHeadersToRemoveList(),
            route.getResponseHeadersToAddList(),
            route.getResponseHeadersToRemoveList(),
            path),
        filters.perRoute(route.getTypedPerFilterConfigMap(), path),
        origin(route.getMetadata()));
  }

  /** Where an operator wrote a route, if the control server says so. */
  private static String origin(Metadata metadata) {
    return metadata
        .getFilterMetadataOrDefault("inmesh", Struct.getDefaultInstance())
        .getFieldsOrDefault("origin", Value.getDefaultInstance())
        .getStringValue();
  }
}

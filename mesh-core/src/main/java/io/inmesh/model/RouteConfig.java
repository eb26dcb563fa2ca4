package io.inmesh.model;

import java.util.List;
import java.util.Map;

/**
 * Virtual hosts and what applies to all of them (Envoy's RouteConfiguration).
 *
 * @param name resource name
 * @param virtualHosts domains are unique over all
 * @param headers applied last, after the virtual host's and the route's
 * @param filters replacements of filter settings by filter name
 * @param mirrors used where neither virtual host nor route has any
 */
public record RouteConfig(
    String name,
    List<VirtualHost> virtualHosts,
    HeaderChanges headers,
    Map<String, FilterConfig> filters,
    List<Mirror> mirrors) {
  public RouteConfig {
    virtualHosts = List.copyOf(virtualHosts);
    filters = Map.copyOf(filters);
    mirrors = List.copyOf(mirrors);
  }
}

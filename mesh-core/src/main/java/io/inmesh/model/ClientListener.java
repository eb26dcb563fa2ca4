package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What applies to calls to one service port (Envoy's ApiListener with its HttpConnectionManager).
 *
 * @param name {@code <fqdn>:<port>}
 * @param routes the routes, resolved
 * @param filters HTTP filters in order, without the router
 * @param maxStreamDuration default for routes that have none; null: no limit
 */
public record ClientListener(
    String name,
    RouteConfig routes,
    List<FilterConfig> filters,
    @Nullable Duration maxStreamDuration) {
  public ClientListener {
    filters = List.copyOf(filters);
  }
}

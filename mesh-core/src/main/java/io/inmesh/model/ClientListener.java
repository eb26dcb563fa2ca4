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
 * @param accessLogs what is written of calls that end
 */
public record ClientListener(
    String name,
    RouteConfig routes,
    List<FilterConfig> filters,
    @Nullable Duration maxStreamDuration,
    List<AccessLog> accessLogs) {
  public ClientListener {
    filters = List.copyOf(filters);
    accessLogs = List.copyOf(accessLogs);
  }

  /** One without access logs. */
  public ClientListener(
      String name,
      RouteConfig routes,
      List<FilterConfig> filters,
      @Nullable Duration maxStreamDuration) {
    this(name, routes, filters, maxStreamDuration, List.of());
  }
}

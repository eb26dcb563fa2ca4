package io.inmesh.model;

import java.util.List;

/**
 * What applies to requests that arrive at one port of this process.
 *
 * @param port the port it serves
 * @param routes routes with {@link RouteAction.NonForwarding}; per-route filter settings live here
 * @param filters HTTP filters in order, without the router
 * @param tls how connections to it are secured
 * @param paths what happens to paths before routes and filters see them
 * @param accessLogs what is written of requests that end
 * @param connections what bounds the connections to it
 */
public record ServerListener(
    int port,
    RouteConfig routes,
    List<FilterConfig> filters,
    ServerTlsPolicy tls,
    PathPolicy paths,
    List<AccessLog> accessLogs,
    ServerConnectionPolicy connections) {
  public ServerListener {
    filters = List.copyOf(filters);
    accessLogs = List.copyOf(accessLogs);
  }

  /** One that writes nothing and leaves the server's connections as they are. */
  public ServerListener(
      int port,
      RouteConfig routes,
      List<FilterConfig> filters,
      ServerTlsPolicy tls,
      PathPolicy paths) {
    this(port, routes, filters, tls, paths, List.of(), ServerConnectionPolicy.NONE);
  }

  /** One that leaves paths and connections as they come, and writes nothing. */
  public ServerListener(
      int port, RouteConfig routes, List<FilterConfig> filters, ServerTlsPolicy tls) {
    this(port, routes, filters, tls, PathPolicy.NONE);
  }
}

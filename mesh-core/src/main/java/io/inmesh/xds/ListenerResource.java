package io.inmesh.xds;

import io.inmesh.model.AccessLog;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.model.ServerTlsPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoded listener, its routes by value or by name.
 *
 * @param name resource name
 * @param port the port a server listener serves; 0 for client listeners, and for any port
 * @param routes inline; null when {@code routeName} is set
 * @param routeName of a RouteConfiguration; null when inline
 * @param filters without the router
 * @param maxStreamDuration null: no limit
 * @param tls how connections to a server listener are secured
 * @param paths what a server does to paths before it looks at them
 * @param accessLogs what is written of calls that end
 * @param connections what bounds the connections to a server
 */
record ListenerResource(
    String name,
    int port,
    @Nullable RouteConfig routes,
    @Nullable String routeName,
    List<FilterConfig> filters,
    @Nullable Duration maxStreamDuration,
    ServerTlsPolicy tls,
    PathPolicy paths,
    List<AccessLog> accessLogs,
    ServerConnectionPolicy connections) {
  ListenerResource {
    filters = List.copyOf(filters);
    accessLogs = List.copyOf(accessLogs);
  }

  /** The same with filters before the others. */
  ListenerResource after(List<FilterConfig> before) {
    List<FilterConfig> all = new ArrayList<>(before);
    all.addAll(filters);
    return new ListenerResource(
        name, port, routes, routeName, all, maxStreamDuration, tls, paths, accessLogs, connections);
  }
}

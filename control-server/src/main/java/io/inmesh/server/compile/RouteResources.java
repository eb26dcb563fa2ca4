package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * RDS. One virtual host for every authority: a service is known by whom the caller named, not by
 * the Host header (Gateway API, MeshFrontendHostname).
 */
final class RouteResources {
  private RouteResources() {}

  static RouteConfiguration of(RouteTable table, CapabilityClass clients) {
    String name = Names.listener(table.service(), table.port());
    VirtualHost.Builder host = VirtualHost.newBuilder().setName(name).addDomains("*");
    for (RouteRule rule : table.rules()) {
      for (RouteMatch match : MatchResources.of(rule.match(), clients)) {
        host.addRoutes(route(rule, match, clients));
      }
    }
    return RouteConfiguration.newBuilder().setName(name).addVirtualHosts(host).build();
  }

  private static Route route(RouteRule rule, RouteMatch match, CapabilityClass clients) {
    Route.Builder route =
        Route.newBuilder().setName(rule.name()).setMatch(match).setRoute(action(rule, clients));
    HeaderResources.apply(rule.headers(), route);
    if (clients == CapabilityClass.INMESH && rule.settings().retry().nonIdempotent()) {
      route.putTypedPerFilterConfig(OwnExtensions.RETRY, OwnExtensions.nonIdempotentAllowed());
    }
    return route.build();
  }

  private static RouteAction action(RouteRule rule, CapabilityClass clients) {
    RouteAction.Builder action = RouteAction.newBuilder();
    DestinationResources.apply(rule.backends(), action, clients);
    Duration timeout = positive(rule.settings().timeout());
    action.setTimeout(Protos.duration(timeout == null ? Duration.ZERO : timeout));
    if (timeout != null) {
      action.setMaxStreamDuration(
          RouteAction.MaxStreamDuration.newBuilder()
              .setMaxStreamDuration(Protos.duration(timeout)));
    }
    RetryResources.of(rule.settings().retry(), positive(rule.settings().perTryTimeout()), clients)
        .ifPresent(action::setRetryPolicy);
    return action.build();
  }

  private static @Nullable Duration positive(@Nullable Duration duration) {
    return duration == null || duration.isZero() ? null : duration;
  }
}

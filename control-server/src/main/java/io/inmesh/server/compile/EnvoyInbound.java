package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who may call the application behind an Envoy. The Envoy's inbound listener is its own and asks
 * for one route configuration, {@value #NAME}: each route leads to the application and says what
 * the filters {@link #FILTERS} of the listener do. Without it nothing is let in.
 */
public final class EnvoyInbound {
  /** What the inbound listener of an Envoy asks for. */
  public static final String NAME = "inmesh.inbound";

  /** The application, in the Envoy's bootstrap. */
  public static final String APP = "inmesh-app";

  /** The authorization filters of the listener, in their order; they do nothing of themselves. */
  public static final List<String> FILTERS = AuthorizationFilters.OF_ENVOY;

  private EnvoyInbound() {}

  static XdsResource of(ServerPolicies.Scope scope) {
    View view = scope.view(CapabilityClass.ENVOY);
    return new XdsResource(new XdsKey(XdsType.ROUTES, NAME, view), routes(scope.policy()));
  }

  private static RouteConfiguration routes(ServerPolicy policy) {
    ServerRoutes all = ServerRoutes.of(policy, List.of(), CapabilityClass.ENVOY);
    if (!all.filters().stream().allMatch(filter -> FILTERS.contains(filter.getName()))) {
      // Tokens, external decisions: what such an Envoy cannot enforce, it refuses.
      ServerPolicy closed = ServerPolicy.closed(policy.paths(), policy.modes());
      all = ServerRoutes.of(closed, List.of(), CapabilityClass.ENVOY);
    }
    Map<String, Any> rules = new HashMap<>();
    for (HttpFilter filter : all.filters()) {
      rules.put(filter.getName(), perRoute(filter.getTypedConfig()));
    }
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("inbound").addDomains("*");
    for (Route route : all.routes()) {
      Map<String, Any> own = new HashMap<>(rules);
      own.putAll(route.getTypedPerFilterConfigMap());
      host.addRoutes(
          route.toBuilder()
              .setRoute(
                  RouteAction.newBuilder()
                      .setCluster(APP)
                      .setTimeout(Duration.getDefaultInstance()))
              .putAllTypedPerFilterConfig(own));
    }
    return RouteConfiguration.newBuilder().setName(NAME).addVirtualHosts(host).build();
  }

  private static Any perRoute(Any rules) {
    try {
      return Any.pack(RBACPerRoute.newBuilder().setRbac(rules.unpack(RBAC.class)).build());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}

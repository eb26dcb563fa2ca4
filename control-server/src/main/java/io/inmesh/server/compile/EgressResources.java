package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.Egress;
import io.inmesh.server.compile.ResourceEmitter.Routes;
import io.inmesh.server.config.MeshDefaultsSpec.OutboundTrafficPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of calls to hosts that no service is named after: those that a wildcard stands for
 * have its routes, all others those that Istio gives its sidecars, under the same names. Only for
 * clients of ours; others do not ask the mesh about such hosts.
 */
final class EgressResources {
  /**
   * What it depends on.
   *
   * @param policy null: not said, so that they are refused
   * @param wildcards routes of services whose host stands for many
   * @param logs what is written of calls
   */
  record Input(
      @Nullable OutboundTrafficPolicy policy, List<Routes> wildcards, List<AccessLog> logs) {}

  private EgressResources() {}

  /** Nothing, where nothing is said. */
  static List<XdsResource> of(Input input) {
    if (input.policy() == null && input.wildcards().isEmpty()) {
      return List.of();
    }
    View ours = View.of(CapabilityClass.INMESH);
    List<XdsResource> made = new ArrayList<>();
    made.add(
        new XdsResource(
            new XdsKey(XdsType.LISTENER, Egress.LISTENER, ours),
            ListenerResources.client(
                Egress.LISTENER, Egress.LISTENER, filters(input.wildcards()), input.logs())));
    VirtualHost others =
        input.policy() == OutboundTrafficPolicy.ALLOW_ANY
            ? all("allow_any", Egress.PASSTHROUGH)
            : all("block_all", Egress.BLACK_HOLE);
    made.addAll(
        EnvoyRoutes.variants(
            Egress.LISTENER, input.wildcards(), CapabilityClass.INMESH, List.of(others)));
    made.add(
        new XdsResource(
            new XdsKey(XdsType.CLUSTER, Egress.PASSTHROUGH, ours), ClusterResources.passThrough()));
    made.add(
        new XdsResource(
            new XdsKey(XdsType.CLUSTER, Egress.BLACK_HOLE, ours), ClusterResources.blackHole()));
    return made;
  }

  /** What their routes switch on. */
  private static List<HttpFilter> filters(List<Routes> wildcards) {
    return CallFilters.ofListener(
        wildcards.stream().flatMap(routes -> routes.table().rules().stream()).toList());
  }

  private static VirtualHost all(String name, String cluster) {
    return VirtualHost.newBuilder()
        .setName(name)
        .addDomains("*")
        .addRoutes(
            Route.newBuilder()
                .setName(name)
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRoute(
                    RouteAction.newBuilder()
                        .setCluster(cluster)
                        .setTimeout(Protos.duration(Duration.ZERO))))
        .build();
  }
}

package io.inmesh.xds;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;

/** Resources for tests of other packages. */
public final class Resources {
  private Resources() {}

  /** The type of a resource. */
  public static String url(Message message) {
    return ScriptedControlServer.url(message);
  }

  /** A client listener whose routes have its name. */
  public static Listener listener(String name) {
    return Protos.listener(name);
  }

  /** Everything goes to one cluster. */
  public static RouteConfiguration routes(String name, String cluster) {
    return Protos.routes(name, cluster);
  }

  /** Weights that sum to zero. */
  public static RouteConfiguration badRoutes(String name) {
    return Protos.routes(name, Protos.split("a", 0, "b", 0));
  }

  /** This many routes. */
  public static RouteConfiguration manyRoutes(String name, String cluster, int count) {
    Route.Builder[] routes = new Route.Builder[count];
    for (int i = 0; i < count; i++) {
      routes[i] =
          Route.newBuilder()
              .setMatch(RouteMatch.newBuilder().setPath("/" + i))
              .setRoute(RouteAction.newBuilder().setCluster(cluster));
    }
    return Protos.routes(name, routes);
  }

  /** A cluster with endpoints by EDS. */
  public static Cluster cluster(String name) {
    return Protos.cluster(name);
  }

  /** Endpoints on the loopback address. */
  public static ClusterLoadAssignment endpoints(String name, int... ports) {
    return Protos.endpoints(name, ports);
  }
}

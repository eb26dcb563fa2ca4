package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.CalledHost;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Egress;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.PathMatch;
import io.inmesh.model.Rewrite;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where calls to hosts go that no listener is named after. Wildcards that are declared have routes
 * in {@link Egress#LISTENER}; for all others the process's own policy goes before the one that is
 * said there. Thread-safe.
 */
final class UnknownHosts {
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /** While nobody has said anything, nothing is called. */
  static final ServiceRoutes UNSAID =
      new ServiceRoutes(
          new ClientListener(
              Egress.LISTENER,
              new RouteConfig(
                  Egress.LISTENER,
                  List.of(
                      new VirtualHost(
                          "block_all",
                          List.of("*"),
                          List.of(blockAll()),
                          HeaderChanges.NONE,
                          Map.of(),
                          null,
                          List.of(),
                          false)),
                  HeaderChanges.NONE,
                  Map.of(),
                  List.of()),
              List.of(),
              null),
          new FilterRegistry(List.of()),
          Extensions.NONE,
          null);

  private final @Nullable EgressPolicy own;
  private final ClusterRuntime passThrough;
  private final ClusterRuntime blackHole;

  /** With the policy of the process; null: it has none. */
  UnknownHosts(@Nullable EgressPolicy own, MeshCompiler compiler) {
    this.own = own;
    passThrough = compiler.cluster(cluster(Egress.PASSTHROUGH, true));
    blackHole = compiler.cluster(cluster(Egress.BLACK_HOLE, false));
  }

  /** Whether a route leads there because nothing declares the host. */
  static boolean undeclared(String cluster) {
    return cluster.equals(Egress.PASSTHROUGH) || cluster.equals(Egress.BLACK_HOLE);
  }

  /** Where the call goes instead of the cluster that the configuration names. */
  ClusterRuntime cluster(String said, CompiledMesh mesh) {
    boolean allowed = own == null ? said.equals(Egress.PASSTHROUGH) : own == EgressPolicy.ALLOW_ANY;
    ClusterRuntime known = mesh.clusters.get(allowed ? Egress.PASSTHROUGH : Egress.BLACK_HOLE);
    return known != null ? known : allowed ? passThrough : blackHole;
  }

  /** Why a call that ended at the black hole was not let out. */
  String refusal(RequestHead head) {
    return "host '"
        + MeshNames.Parts.of(head.authority()).host()
        + "' is not known to the mesh and the outbound traffic policy of "
        + (own == null ? "the mesh" : "this process")
        + " is REGISTRY_ONLY";
  }

  /** The host that a call names, as one of a dynamic cluster; null: it names none. */
  static @Nullable CalledHost called(String cluster, RequestHead head) {
    MeshNames.Parts parts = MeshNames.Parts.of(head.authority());
    if (parts.host().isEmpty()) {
      return null;
    }
    // gRPC's calls have no scheme of their own; what has the port of https speaks it.
    boolean secure =
        head.kind() == RequestHead.Kind.GRPC
            ? parts.port() == HTTPS
            : head.scheme().equals("https");
    int port = parts.port() != 0 ? parts.port() : secure ? HTTPS : HTTP;
    boolean literal = parts.host().startsWith("[") && parts.host().endsWith("]");
    String host = literal ? parts.host().substring(1, parts.host().length() - 1) : parts.host();
    return new CalledHost(cluster, host, port, secure);
  }

  boolean idle() {
    return passThrough.idle() && blackHole.idle();
  }

  private static Route blockAll() {
    WeightedCluster nowhere =
        new WeightedCluster(Egress.BLACK_HOLE, 1, HeaderChanges.NONE, Map.of(), 0);
    return new Route(
        "block_all",
        new RouteMatch(new PathMatch.Prefix("", true), List.of(), List.of(), false, Fraction.ALL),
        new RouteAction.Forward(
            List.of(nowhere),
            null,
            null,
            null,
            Duration.ZERO,
            null,
            null,
            Rewrite.NONE,
            List.of(),
            List.of(),
            false,
            CallPolicy.NONE,
            0),
        HeaderChanges.NONE,
        Map.of(),
        "");
  }

  private static Cluster cluster(String name, boolean dynamic) {
    return new Cluster(
        name,
        name,
        List.of(),
        140,
        List.of(),
        BalancerPolicy.DEFAULT,
        Duration.ofSeconds(10),
        Cluster.Protocol.AUTO,
        CircuitBreakers.NONE,
        null,
        null,
        null,
        null,
        ConnectionPolicy.DEFAULT,
        dynamic);
  }
}

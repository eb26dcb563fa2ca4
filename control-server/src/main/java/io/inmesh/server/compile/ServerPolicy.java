package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.AuthorizationPolicySpec.Action;
import io.inmesh.server.config.ExtensionProvider;
import io.inmesh.server.config.MeshDefaultsSpec.PathNormalization;
import io.inmesh.server.config.RequestAuthenticationSpec.JwtRule;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What applies to requests that arrive at a workload. A value: equal policies make equal listeners.
 *
 * @param closed nothing is let in: it is not known yet what applies
 * @param broken policies that never were valid; with any of them, nothing is let in either
 * @param authorization by namespace and name
 * @param together those of them that only some routes have, route by route: each of these routes
 *     must allow a request
 * @param tokens whose tokens are accepted
 * @param denyByDefault whether requests are refused where no ALLOW policy is
 * @param paths what happens to paths first
 * @param modes what connections are accepted
 * @param providers who decides for policies with the action CUSTOM
 * @param trustDomains names of the own one
 * @param hosts what it serves, if something is said about some routes
 */
record ServerPolicy(
    boolean closed,
    List<ResourceKey> broken,
    List<Resource<AuthorizationPolicySpec>> authorization,
    List<List<Resource<AuthorizationPolicySpec>>> together,
    List<JwtRule> tokens,
    boolean denyByDefault,
    PathNormalization paths,
    PeerModes modes,
    List<ExtensionProvider> providers,
    List<String> trustDomains,
    List<PolicedHost> hosts) {
  ServerPolicy {
    broken = List.copyOf(broken);
    hosts = List.copyOf(hosts);
    providers = List.copyOf(providers);
    trustDomains = List.copyOf(trustDomains);
    authorization = List.copyOf(authorization);
    together = List.copyOf(together);
    tokens = List.copyOf(tokens);
  }

  /** Lets nothing in. */
  static ServerPolicy closed(PathNormalization paths, PeerModes modes) {
    return new ServerPolicy(
        true, List.of(), List.of(), List.of(), List.of(), true, paths, modes, List.of(), List.of(),
        List.of());
  }

  /** What applies to requests that arrive at a port. */
  ServerPolicy at(int port) {
    return hosts.isEmpty() ? this : with(authorization, together, PolicedHost.at(port, hosts));
  }

  /** The routes of requests that name none of the hosts. */
  List<PolicedRoute> routes() {
    return PolicedHost.routes(hosts);
  }

  /** What applies to requests that one route takes. */
  ServerPolicy of(PolicedRoute route) {
    return and(route.policies());
  }

  /** What applies to requests that no route takes. */
  ServerPolicy ofNoRoute() {
    return and(List.of());
  }

  /**
   * All that applies to some requests, as if it applied to all.
   *
   * @param routes all of them
   */
  ServerPolicy ofAll(List<PolicedRoute> routes) {
    return hosts.isEmpty()
        ? this
        : and(
            List.of(
                routes.stream()
                    .flatMap(route -> route.policies().stream().flatMap(List::stream))
                    .distinct()
                    .toList()));
  }

  private ServerPolicy and(List<List<Resource<AuthorizationPolicySpec>>> more) {
    List<Resource<AuthorizationPolicySpec>> all = new ArrayList<>(authorization);
    more.stream().flatMap(List::stream).distinct().forEach(all::add);
    all.sort(Comparator.comparing(Resource::key));
    return with(all, more, List.of());
  }

  private ServerPolicy with(
      List<Resource<AuthorizationPolicySpec>> policies,
      List<List<Resource<AuthorizationPolicySpec>>> joint,
      List<PolicedHost> served) {
    return new ServerPolicy(
        closed,
        broken,
        policies,
        joint,
        tokens,
        denyByDefault,
        paths,
        modes,
        providers,
        trustDomains,
        served);
  }

  /** The policies with an action, in force or on trial. */
  List<Resource<AuthorizationPolicySpec>> with(Action action, boolean dryRun) {
    return authorization.stream()
        .filter(policy -> policy.spec().action() == action && dryRun(policy) == dryRun)
        .toList();
  }

  /** Who decides under that name. */
  Optional<ExtensionProvider> provider(String name) {
    return providers.stream().filter(provider -> provider.name().equals(name)).findFirst();
  }

  static boolean dryRun(Resource<AuthorizationPolicySpec> policy) {
    return Boolean.parseBoolean(policy.annotations().get("istio.io/dry-run"));
  }
}

package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.AuthorizationPolicySpec.Action;
import io.inmesh.server.config.MeshDefaultsSpec.PathNormalization;
import io.inmesh.server.config.RequestAuthenticationSpec.JwtRule;
import io.inmesh.server.config.Resource;
import java.util.List;

/**
 * What applies to requests that arrive at a workload. A value: equal policies make equal listeners.
 *
 * @param closed nothing is let in: it is not known yet what applies
 * @param authorization by namespace and name
 * @param tokens whose tokens are accepted
 * @param denyByDefault whether requests are refused where no ALLOW policy is
 * @param paths what happens to paths first
 * @param modes what connections are accepted
 */
record ServerPolicy(
    boolean closed,
    List<Resource<AuthorizationPolicySpec>> authorization,
    List<JwtRule> tokens,
    boolean denyByDefault,
    PathNormalization paths,
    PeerModes modes) {
  ServerPolicy {
    authorization = List.copyOf(authorization);
    tokens = List.copyOf(tokens);
  }

  /** Lets nothing in. */
  static ServerPolicy closed(PathNormalization paths, PeerModes modes) {
    return new ServerPolicy(true, List.of(), List.of(), true, paths, modes);
  }

  /** The policies with an action, in force or on trial. */
  List<Resource<AuthorizationPolicySpec>> with(Action action, boolean dryRun) {
    return authorization.stream()
        .filter(policy -> policy.spec().action() == action && dryRun(policy) == dryRun)
        .toList();
  }

  private static boolean dryRun(Resource<AuthorizationPolicySpec> policy) {
    return Boolean.parseBoolean(policy.annotations().get("istio.io/dry-run"));
  }
}

package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.AuthorizationPolicySpec.Action;
import io.inmesh.server.config.AuthorizationPolicySpec.Rule;
import io.inmesh.server.config.ExtensionProvider;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a server's requests pass before they reach it, in Istio's order: external decisions, tokens,
 * AUDIT, DENY, ALLOW. A client that cannot enforce something gets filters that refuse everything.
 */
final class AuthorizationFilters {
  private static final String PREFIX = "inmesh.authorization.";
  private static final String BROKEN = PREFIX + "broken";

  /** Those that an Envoy has a place for. */
  static final List<String> OF_ENVOY =
      List.of(BROKEN, PREFIX + "audit", PREFIX + "deny", PREFIX + "allow");

  /** Refuses everything: no policy allows anything. */
  private static final HttpFilter NOTHING =
      filter(
          PREFIX + "allow", http(RBAC.newBuilder().setAction(RBAC.Action.ALLOW).build(), null, ""));

  private AuthorizationFilters() {}

  /** For clients of a class. */
  static List<HttpFilter> of(ServerPolicy policy, CapabilityClass clients) {
    if (policy.closed() || (clients == CapabilityClass.GRPC && !enforceableByGrpc(policy))) {
      return List.of(NOTHING);
    }
    if (!policy.broken().isEmpty()) {
      return List.of(broken(policy));
    }
    List<HttpFilter> filters = new ArrayList<>();
    if (clients != CapabilityClass.GRPC) {
      askOthers(policy, clients, filters);
      if (!policy.tokens().isEmpty()) {
        filters.add(filter(Claims.FILTER, JwtResources.of(policy.tokens())));
      }
      add(policy, Action.AUDIT, RBAC.Action.LOG, "audit", clients, filters);
    }
    add(policy, Action.DENY, RBAC.Action.DENY, "deny", clients, filters);
    add(policy, Action.ALLOW, RBAC.Action.ALLOW, "allow", clients, filters);
    return filters;
  }

  /** Whether these are the filters of who lets nothing in, whatever it is. */
  static boolean refusesAll(List<HttpFilter> filters) {
    return filters.equals(List.of(NOTHING))
        || (!filters.isEmpty() && filters.get(0).getName().equals(BROKEN));
  }

  /** Refuses everything, and tells by name why. */
  private static HttpFilter broken(ServerPolicy policy) {
    RBAC.Builder refuse = RBAC.newBuilder().setAction(RBAC.Action.DENY);
    policy.broken().forEach(key -> refuse.putPolicies(key + " is broken", AuthorizationRules.ALL));
    return filter(BROKEN, http(refuse.build(), null, ""));
  }

  /** Whether stock gRPC can do all that a policy asks; it skips what is only on trial. */
  static boolean enforceableByGrpc(ServerPolicy policy) {
    return policy.tokens().isEmpty()
        && policy.with(Action.CUSTOM, false).isEmpty()
        && policy.authorization().stream()
            .filter(rules -> rules.spec().action() != Action.AUDIT)
            .flatMap(rules -> rules.spec().rules().stream())
            .allMatch(AuthorizationRules::knownToGrpc);
  }

  /**
   * As Istio has it done: rules on trial find out which requests a policy is about, and say so to
   * the filter that asks the provider. Without a provider those requests are refused.
   */
  private static void askOthers(
      ServerPolicy policy, CapabilityClass clients, List<HttpFilter> filters) {
    SortedMap<String, List<Resource<AuthorizationPolicySpec>>> byProvider = new TreeMap<>();
    for (Resource<AuthorizationPolicySpec> custom : policy.with(Action.CUSTOM, false)) {
      byProvider.computeIfAbsent(custom.spec().provider(), p -> new ArrayList<>()).add(custom);
    }
    byProvider.forEach(
        (name, policies) -> {
          String select = PREFIX + "custom." + name;
          Optional<ExtensionProvider> provider = policy.provider(name);
          if (provider.isEmpty()) {
            RBAC refused = rbac(policy, RBAC.Action.DENY, policies, clients);
            filters.add(filter(select, http(refused, null, "")));
            return;
          }
          String found = "istio_ext_authz_" + name + "_";
          RBAC selected = rbac(policy, RBAC.Action.LOG, policies, clients);
          filters.add(filter(select, http(null, selected, found)));
          filters.add(
              filter(
                  ExternalResources.FILTER + "." + name,
                  ExternalResources.of(provider.get(), found)));
        });
    List<Resource<AuthorizationPolicySpec>> onTrial = policy.with(Action.CUSTOM, true);
    if (!onTrial.isEmpty()) {
      RBAC shadow = rbac(policy, RBAC.Action.LOG, onTrial, clients);
      filters.add(filter(PREFIX + "custom", http(null, shadow, "istio_dry_run_custom_")));
    }
  }

  private static void add(
      ServerPolicy policy,
      Action action,
      RBAC.Action means,
      String name,
      CapabilityClass clients,
      List<HttpFilter> filters) {
    List<Resource<AuthorizationPolicySpec>> inForce = policy.with(action, false);
    List<Resource<AuthorizationPolicySpec>> onTrial =
        clients == CapabilityClass.GRPC ? List.of() : policy.with(action, true);
    boolean refuseOthers = action == Action.ALLOW && policy.denyByDefault();
    if (inForce.isEmpty() && onTrial.isEmpty() && !refuseOthers) {
      return;
    }
    RBAC rules = null;
    if (!inForce.isEmpty() || refuseOthers) {
      rules =
          action == Action.ALLOW
              ? allow(policy, inForce, clients)
              : rbac(policy, means, inForce, clients);
    }
    RBAC shadow = onTrial.isEmpty() ? null : rbac(policy, means, onTrial, clients);
    filters.add(filter(PREFIX + name, http(rules, shadow, "istio_dry_run_" + name + "_")));
  }

  /** What policies of the workload allow, or those of each of the routes. */
  private static RBAC allow(
      ServerPolicy policy,
      List<Resource<AuthorizationPolicySpec>> inForce,
      CapabilityClass clients) {
    List<List<Resource<AuthorizationPolicySpec>>> routes =
        policy.together().stream()
            .map(some -> some.stream().filter(inForce::contains).toList())
            .distinct()
            .toList();
    if (routes.size() < 2) {
      return rbac(policy, RBAC.Action.ALLOW, inForce, clients);
    }
    List<Resource<AuthorizationPolicySpec>> others =
        inForce.stream().filter(one -> routes.stream().noneMatch(of -> of.contains(one))).toList();
    RBAC.Builder rules = rbac(policy, RBAC.Action.ALLOW, others, clients).toBuilder();
    // A route without such policies allows everything, unless there are others.
    boolean ofOthersOnly = !others.isEmpty() || policy.denyByDefault();
    if (!ofOthersOnly || routes.stream().noneMatch(List::isEmpty)) {
      rules.putAllPolicies(
          JointRules.of(
              routes.stream()
                  .filter(some -> !some.isEmpty())
                  .map(some -> rbac(policy, RBAC.Action.ALLOW, some, clients).getPoliciesMap())
                  .toList()));
    }
    return rules.build();
  }

  private static RBAC rbac(
      ServerPolicy all,
      RBAC.Action action,
      List<Resource<AuthorizationPolicySpec>> policies,
      CapabilityClass clients) {
    RBAC.Builder rbac = RBAC.newBuilder().setAction(action);
    for (Resource<AuthorizationPolicySpec> policy : policies) {
      AuthorizationRules rules =
          new AuthorizationRules(policy.key().namespace(), all.trustDomains(), clients);
      List<Rule> written = policy.spec().rules();
      for (int i = 0; i < written.size(); i++) {
        rbac.putPolicies(name(policy.key(), i), rules.policy(written.get(i)));
      }
      if (written.isEmpty()) {
        rbac.putPolicies(name(policy.key(), 0), AuthorizationRules.NEVER);
      }
    }
    return rbac.build();
  }

  /** As Istio names it, so that logs and dashboards look the same. */
  private static String name(ResourceKey policy, int rule) {
    return "ns[" + policy.namespace() + "]-policy[" + policy.name() + "]-rule[" + rule + "]";
  }

  private static Message http(@Nullable RBAC rules, @Nullable RBAC shadow, String shadowPrefix) {
    var rbac = io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.newBuilder();
    if (rules != null) {
      rbac.setRules(rules);
    }
    if (shadow != null) {
      rbac.setShadowRules(shadow).setShadowRulesStatPrefix(shadowPrefix);
    }
    return rbac.build();
  }

  private static HttpFilter filter(String name, Message config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }
}

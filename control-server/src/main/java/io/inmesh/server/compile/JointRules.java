package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Rules of several groups of which one of each must match. Policies of RBAC are alternatives, so
 * there is one for each combination.
 */
final class JointRules {
  /** More would make listeners that nobody can read; nothing matches then. */
  private static final int MOST = 1_000;

  private JointRules() {}

  /**
   * The combinations by the names of their rules.
   *
   * @param groups of rules by name, none of them empty
   */
  static Map<String, Policy> of(List<Map<String, Policy>> groups) {
    List<List<Map.Entry<String, Policy>>> combinations = List.of(List.of());
    for (Map<String, Policy> group : groups) {
      if ((long) combinations.size() * group.size() > MOST) {
        return Map.of("more than " + MOST + " combinations of rules", AuthorizationRules.NEVER);
      }
      List<List<Map.Entry<String, Policy>>> longer = new ArrayList<>();
      for (List<Map.Entry<String, Policy>> combination : combinations) {
        for (Map.Entry<String, Policy> rule : group.entrySet()) {
          List<Map.Entry<String, Policy>> more = new ArrayList<>(combination);
          more.add(rule);
          longer.add(more);
        }
      }
      combinations = longer;
    }
    Map<String, Policy> joint = new LinkedHashMap<>();
    for (List<Map.Entry<String, Policy>> combination : combinations) {
      joint.put(
          combination.stream().map(Map.Entry::getKey).collect(Collectors.joining(" and ")),
          all(combination.stream().map(Map.Entry::getValue).toList()));
    }
    return joint;
  }

  private static Policy all(List<Policy> rules) {
    Permission.Set.Builder permissions = Permission.Set.newBuilder();
    Principal.Set.Builder principals = Principal.Set.newBuilder();
    for (Policy rule : rules) {
      Permission.Set what =
          Permission.Set.newBuilder().addAllRules(rule.getPermissionsList()).build();
      Principal.Set who = Principal.Set.newBuilder().addAllIds(rule.getPrincipalsList()).build();
      permissions.addRules(Permission.newBuilder().setOrRules(what));
      principals.addIds(Principal.newBuilder().setOrIds(who));
    }
    return Policy.newBuilder()
        .addPermissions(Permission.newBuilder().setAndRules(permissions))
        .addPrincipals(Principal.newBuilder().setAndIds(principals))
        .build();
  }
}

package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.AuthorizationPolicySpec.Clause;
import io.inmesh.server.config.AuthorizationPolicySpec.Rule;
import io.inmesh.server.config.ExtensionProvider;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Finds what is wrong with who decides for policies with the action CUSTOM.
 *
 * @param providers those that are declared
 * @param catalog the services
 * @param applies whether a policy applies to a workload
 */
record ProviderCheck(
    List<ExtensionProvider> providers,
    ServiceCatalog catalog,
    BiPredicate<Resource<AuthorizationPolicySpec>, Workload> applies) {
  /** What providers are called by over gRPC. */
  private static final String CHECK = "/envoy.service.auth.v3.Authorization/Check";

  void check(Resource<AuthorizationPolicySpec> policy, Collection<Finding> findings) {
    String name = policy.spec().provider();
    if (name.isEmpty()) {
      return;
    }
    Optional<ExtensionProvider> declared =
        providers.stream().filter(known -> known.name().equals(name)).findFirst();
    if (declared.isEmpty()) {
      findings.add(
          finding(
              FindingCode.PROVIDER_NOT_FOUND,
              policy,
              "there is no extension provider '"
                  + name
                  + "' in MeshDefaults; requests the policy matches are refused"));
      return;
    }
    ExtensionProvider provider = declared.get();
    MeshService service = catalog.byHost(provider.service());
    if (service == null
        || service.ports().stream().noneMatch(port -> port.number() == provider.port())) {
      findings.add(
          finding(
              FindingCode.PROVIDER_UNREACHABLE,
              policy,
              "there is no service "
                  + provider.service()
                  + " with port "
                  + provider.port()
                  + ", which decides for provider '"
                  + name
                  + "'"));
    } else if (asksItself(policy, provider, service)) {
      findings.add(
          finding(
                  FindingCode.PROVIDER_ASKS_ITSELF,
                  policy,
                  "it selects "
                      + provider.service()
                      + " too, which decides for provider '"
                      + name
                      + "' and would have to ask itself whether it may be asked")
              .withHint("select the other workloads only"));
    }
  }

  private static Finding finding(
      FindingCode code, Resource<AuthorizationPolicySpec> policy, String message) {
    return Finding.of(code, policy.key(), "/spec/provider/name", policy.provenance(), message);
  }

  /** Whether a policy applies to the very questions that its provider is asked. */
  private boolean asksItself(
      Resource<AuthorizationPolicySpec> policy, ExtensionProvider provider, MeshService service) {
    Map<String, String> labels =
        service.selection() instanceof Selection.Labels selected
            ? selected.selector()
            : Map.of("app", service.name());
    Workload deciding = new Workload(service.namespace(), service.name(), new TreeMap<>(labels));
    return !ServerPolicy.dryRun(policy)
        && applies.test(policy, deciding)
        && policy.spec().rules().stream()
            .anyMatch(rule -> provider.http() != null || mayMatchCheck(rule));
  }

  /**
   * Whether calls by which providers are asked over gRPC may be among those that a rule selects.
   */
  private static boolean mayMatchCheck(Rule rule) {
    return rule.to().isEmpty()
        || rule.to().stream()
            .anyMatch(
                operation ->
                    operation.stream()
                        .filter(clause -> clause.key().equals(Clause.PATH))
                        .allMatch(ProviderCheck::mayTakeCheck));
  }

  private static boolean mayTakeCheck(Clause path) {
    Predicate<String> takes = pattern -> Strings.takes(pattern, CHECK);
    boolean wanted =
        path.values().isEmpty()
            || path.values().stream().anyMatch(takes.or(pattern -> pattern.contains("{")));
    return wanted && path.notValues().stream().noneMatch(takes);
  }
}

package io.inmesh.server.compile;

import io.inmesh.server.config.AuthorizationPolicySpec;
import io.inmesh.server.config.BrokenPolicySpec;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.config.PeerAuthenticationSpec;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.RequestAuthenticationSpec;
import io.inmesh.server.config.RequestAuthenticationSpec.JwtRule;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.WorkloadScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which policies apply to which workload: those of the root namespace to all, others to their
 * namespace, each to the workloads in its scope. Immutable.
 */
final class ServerPolicies {
  private final MeshDefaultsSpec defaults;
  private final ServiceCatalog catalog;
  private final List<Resource<AuthorizationPolicySpec>> authorization;
  private final List<Resource<RequestAuthenticationSpec>> tokens;

  private final List<Resource<PeerAuthenticationSpec>> peers;
  private final boolean secure;

  private final List<Resource<BrokenPolicySpec>> broken;
  private final PolicedRoutes routes;

  private final ServerLimits limits;

  ServerPolicies(
      ConfigSet config,
      ServiceCatalog catalog,
      List<RouteTable> tables,
      ServerLimits limits,
      BiFunction<MeshService, MeshPort, SortedSet<Integer>> ports,
      boolean secure) {
    this.limits = limits;
    this.broken = config.brokenPolicies();
    this.peers = config.peerAuthentications().stream().sorted(Age.OLDEST_FIRST).toList();
    this.secure = secure;
    this.defaults = config.meshDefaults();
    this.catalog = catalog;
    this.authorization = config.authorizationPolicies();
    this.tokens = config.requestAuthentications();
    this.routes = new PolicedRoutes(tables, this::forRoutes, ports);
  }

  /** Whether policies may be for routes of a namespace. */
  private boolean forRoutes(String namespace) {
    return authorization.stream()
        .anyMatch(p -> !p.spec().scope().routes().isEmpty() && inReach(p.key(), namespace));
  }

  /** The namespaces with policies of their own. */
  private SortedSet<String> namespaces() {
    SortedSet<String> namespaces = new TreeSet<>();
    authorization.forEach(policy -> namespaces.add(policy.key().namespace()));
    tokens.forEach(policy -> namespaces.add(policy.key().namespace()));
    peers.forEach(policy -> namespaces.add(policy.key().namespace()));
    broken.forEach(policy -> namespaces.add(policy.key().namespace()));
    namespaces.remove(defaults.rootNamespace());
    return namespaces;
  }

  /**
   * Servers to which the same applies.
   *
   * @param namespace of the servers; empty: any that has no policies of its own
   * @param workload only this one; null: all of the namespace
   * @param limits by port, what the policies of services say about the requests that arrive there
   */
  record Scope(
      String namespace,
      @Nullable Workload workload,
      ServerPolicy policy,
      SortedMap<Integer, List<CallRules>> limits) {
    Scope {
      limits = Collections.unmodifiableSortedMap(limits);
    }

    /** Those of a namespace; empty: of any that has no policies of its own. */
    static Scope of(String namespace, ServerPolicy policy) {
      return new Scope(namespace, null, policy, new TreeMap<>());
    }

    List<CallRules> limits(int port) {
      return limits.getOrDefault(port, List.of());
    }

    View view(CapabilityClass clients) {
      View all = View.of(clients);
      return workload == null ? all.in(namespace) : all.of(workload);
    }

    @Override
    public String toString() {
      return namespace + (workload == null ? "" : "/" + workload.id());
    }
  }

  /** All scopes that differ, for the workloads that are known. */
  List<Scope> scopes(Collection<Workload> workloads) {
    List<Scope> scopes = new ArrayList<>();
    scopes.add(Scope.of("", of("")));
    namespaces().forEach(namespace -> scopes.add(Scope.of(namespace, of(namespace))));
    for (Workload workload : workloads) {
      if (perWorkload(workload.namespace())) {
        scopes.add(
            new Scope(
                workload.namespace(),
                workload,
                of(workload),
                limits.of(service -> answers(service, workload))));
      }
    }
    return scopes;
  }

  /** Whether the workloads of a namespace have listeners of their own. */
  boolean perWorkload(String namespace) {
    return differ(namespace) || routes.share(namespace) || limits.concern(namespace);
  }

  /** Whether workloads of a namespace, empty for any other one, may differ from one another. */
  boolean differ(String namespace) {
    return authorization.stream()
            .anyMatch(p -> inReach(p.key(), namespace) && !p.spec().scope().isEverything())
        || tokens.stream()
            .anyMatch(p -> inReach(p.key(), namespace) && !p.spec().scope().isEverything())
        || broken.stream()
            .anyMatch(p -> inReach(p.key(), namespace) && !p.spec().scope().isEverything())
        || peers.stream()
            .anyMatch(p -> p.key().namespace().equals(namespace) && !p.spec().labels().isEmpty());
  }

  /** What connections a workload accepts. */
  PeerModes modes(String namespace, Map<String, String> labels) {
    return secure
        ? PeerModes.of(peers, defaults.rootNamespace(), namespace, labels)
        : PeerModes.INSECURE;
  }

  /** What applies to every workload of a namespace; empty for one without policies of its own. */
  private ServerPolicy of(String namespace) {
    return differ(namespace)
        ? ServerPolicy.closed(defaults.pathNormalization(), modes(namespace, Map.of()))
        : policy(
            broken.stream().filter(p -> inReach(p.key(), namespace)).toList(),
            authorization.stream().filter(p -> inReach(p.key(), namespace)).toList(),
            tokens.stream().filter(p -> inReach(p.key(), namespace)).toList(),
            modes(namespace, Map.of()),
            List.of());
  }

  /** What applies to a workload. */
  private ServerPolicy of(Workload workload) {
    List<Resource<AuthorizationPolicySpec>> applying =
        authorization.stream().filter(p -> applies(p.key(), p.spec().scope(), workload)).toList();
    return policy(
        broken.stream().filter(p -> applies(p.key(), p.spec().scope(), workload)).toList(),
        applying.stream().filter(p -> isWhole(p, workload)).toList(),
        tokens.stream().filter(p -> applies(p.key(), p.spec().scope(), workload)).toList(),
        modes(workload.namespace(), workload.labels()),
        routes.of(
            service -> answers(service, workload),
            applying.stream().filter(p -> !isWhole(p, workload)).toList()));
  }

  /** Whether a policy that applies to a workload is for all its requests. */
  private boolean isWhole(Resource<AuthorizationPolicySpec> policy, Workload workload) {
    WorkloadScope scope = policy.spec().scope();
    return scope.routes().isEmpty()
        || scope.services().stream()
            .anyMatch(service -> answers(policy.key().namespace(), service.name(), workload));
  }

  private ServerPolicy policy(
      List<Resource<BrokenPolicySpec>> refusing,
      List<Resource<AuthorizationPolicySpec>> rules,
      List<Resource<RequestAuthenticationSpec>> authentications,
      PeerModes modes,
      List<PolicedHost> served) {
    List<JwtRule> jwt = new ArrayList<>();
    authentications.forEach(authentication -> jwt.addAll(authentication.spec().rules()));
    return new ServerPolicy(
        false,
        refusing.stream().map(Resource::key).toList(),
        rules,
        List.of(),
        jwt,
        defaults.denyByDefault(),
        defaults.pathNormalization(),
        modes,
        authorization.stream().anyMatch(rule -> !rule.spec().provider().isEmpty())
            ? defaults.extensionProviders()
            : List.of(),
        defaults.trustDomains(),
        served);
  }

  private boolean inReach(ResourceKey policy, String namespace) {
    return policy.namespace().equals(defaults.rootNamespace())
        || policy.namespace().equals(namespace);
  }

  private boolean applies(ResourceKey policy, WorkloadScope scope, Workload workload) {
    if (!inReach(policy, workload.namespace()) || !workload.carries(scope.labels())) {
      return false;
    }
    return (scope.services().isEmpty() && scope.routes().isEmpty())
        || scope.services().stream()
            .anyMatch(service -> answers(policy.namespace(), service.name(), workload))
        || scope.routes().stream()
            .anyMatch(route -> routes.serves(route, service -> answers(service, workload)));
  }

  private boolean answers(String namespace, String name, Workload workload) {
    return catalog.find(namespace, name).filter(service -> answers(service, workload)).isPresent();
  }

  private static boolean answers(MeshService service, Workload workload) {
    if (!workload.namespace().equals(service.namespace())) {
      return false;
    }
    Selection selection = service.selection();
    if (selection instanceof Selection.Labels labels) {
      return workload.carries(labels.selector());
    }
    return selection instanceof Selection.Registered registered
        && registered.key().service().equals(workload.service());
  }

  /** Whether nothing changes here if the servers of a service listen on these ports. */
  boolean agreeWith(MeshService service, SortedSet<Integer> ports) {
    return limits.agreeWith(service, ports) && routes.agreeWith(service);
  }

  /** Tells what has no effect, and what some clients cannot do. */
  void check(Collection<Finding> findings) {
    limits.check(findings);
    ProviderCheck providers =
        new ProviderCheck(
            defaults.extensionProviders(),
            catalog,
            (policy, workload) -> applies(policy.key(), policy.spec().scope(), workload));
    for (Resource<AuthorizationPolicySpec> policy : authorization) {
      checkTargets(policy.key(), policy.spec().scope(), findings);
      providers.check(policy, findings);
      checkTokens(policy, findings);
      if (policy.spec().action() == AuthorizationPolicySpec.Action.CUSTOM
          || !policy.spec().rules().stream().allMatch(AuthorizationRules::knownToGrpc)) {
        findings.add(notEnforceable(policy.key(), policy.provenance()));
      }
    }
    for (Resource<RequestAuthenticationSpec> policy : tokens) {
      findings.add(notEnforceable(policy.key(), policy.provenance()));
    }
    peers.forEach(policy -> checkMode(policy, findings));
    tokens.forEach(policy -> checkTargets(policy.key(), policy.spec().scope(), findings));
  }

  private void checkMode(Resource<PeerAuthenticationSpec> policy, Collection<Finding> findings) {
    if (secure
        && (policy.spec().mode() == PeerAuthenticationSpec.Mode.PERMISSIVE
            || policy.spec().ports().containsValue(PeerAuthenticationSpec.Mode.PERMISSIVE))) {
      findings.add(
          Finding.of(
              FindingCode.PERMISSIVE_NOT_FOR_GRPC,
              policy.key(),
              "/spec/mtls",
              policy.provenance(),
              "stock gRPC servers cannot tell TLS from plaintext: for them PERMISSIVE is STRICT"));
    }
  }

  private static Finding notEnforceable(ResourceKey key, Provenance where) {
    return Finding.of(
        FindingCode.POLICY_NOT_ENFORCEABLE,
        key,
        "/spec",
        where,
        "stock gRPC servers cannot enforce it: those it applies to refuse every request");
  }

  private void checkTargets(ResourceKey key, WorkloadScope scope, Collection<Finding> findings) {
    int index = 0;
    for (WorkloadScope.ServiceRef service : scope.services()) {
      if (catalog.find(key.namespace(), service.name()).isEmpty()) {
        findings.add(
            Finding.of(
                FindingCode.POLICY_TARGET_NOT_FOUND,
                key,
                "/spec/targetRefs/" + index,
                service.provenance(),
                "there is no Service " + key.namespace() + "/" + service.name()));
      }
      index++;
    }
    for (WorkloadScope.RouteRef route : scope.routes()) {
      if (!routes.serves(route, service -> service.namespace().equals(key.namespace()))) {
        findings.add(
            Finding.of(
                    FindingCode.ROUTE_NOT_SERVED,
                    key,
                    "/spec/targetRefs",
                    route.provenance(),
                    "no service of the namespace has "
                        + route.route()
                        + (route.rule().isEmpty() ? "" : " with rule '" + route.rule() + "'")
                        + ", so that no server enforces the policy")
                .withHint("name a route whose parent is a Service of the namespace"));
      }
    }
  }

  private void checkTokens(Resource<AuthorizationPolicySpec> policy, Collection<Finding> findings) {
    boolean asks =
        policy.spec().rules().stream().anyMatch(rule -> AuthorizationRules.asksForToken(rule));
    if (asks
        && tokens.stream()
            .noneMatch(
                t ->
                    t.key().namespace().equals(policy.key().namespace())
                        || inReach(t.key(), policy.key().namespace())
                        || inReach(policy.key(), t.key().namespace()))) {
      findings.add(
          Finding.of(
              FindingCode.TOKEN_NOT_AUTHENTICATED,
              policy.key(),
              "/spec/rules",
              policy.provenance(),
              "it asks what tokens say, but no RequestAuthentication in reach says whose tokens"
                  + " are accepted: such conditions never match"));
    }
  }
}

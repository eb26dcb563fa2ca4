package io.inmesh.server.compile;

import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.ReferenceGrantSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RoutePolicySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the backends of a rule lead. One that does not exist or may not be named from the route's
 * namespace keeps its share of the requests, which then fail: it is never spread over the others.
 */
final class BackendResolver {
  private final ServiceCatalog catalog;
  private final Map<String, List<ReferenceGrantSpec>> grants = new HashMap<>();
  private final Collection<Finding> findings;

  BackendResolver(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    this.catalog = catalog;
    this.findings = findings;
    for (Resource<ReferenceGrantSpec> grant : config.referenceGrants()) {
      grants
          .computeIfAbsent(grant.key().namespace(), namespace -> new ArrayList<>())
          .add(grant.spec());
    }
  }

  /**
   * The backends of a rule.
   *
   * @param parent the service the rule is for: a consumer's route may send requests on to it
   *     without a grant, since its clients may call it anyway
   * @param pointer to the rule
   * @return with positive weights, at least one
   */
  List<Backend> resolve(
      ResourceKey route, MeshService parent, List<BackendRef> refs, String pointer) {
    List<Backend> backends = new ArrayList<>();
    int index = 0;
    for (BackendRef ref : refs) {
      String at = pointer + "/backendRefs/" + index++;
      Backend backend = backend(route, parent, ref, at);
      if (ref.weight() > 0) {
        backends.add(backend);
      }
    }
    if (backends.isEmpty()) {
      String reason = refs.isEmpty() ? "it has no backends" : "all its weights are zero";
      backends.add(new Backend.Invalid(reason, 1, 500));
    }
    return backends;
  }

  /**
   * A cluster that gets requests besides those of a rule's backends: copies, or what a service has
   * no endpoints for. Empty, with a finding, if there is none: then it gets nothing.
   *
   * @param owner the route or policy that names it
   */
  Optional<String> other(ResourceKey owner, MeshService parent, BackendRef ref, String pointer) {
    BackendRef weightless =
        new BackendRef(
            ref.group(),
            ref.kind(),
            ref.namespace(),
            ref.name(),
            ref.port(),
            0,
            List.of(),
            ref.provenance());
    return backend(owner, parent, weightless, pointer) instanceof Backend.Valid valid
        ? Optional.of(valid.cluster())
        : Optional.empty();
  }

  /** Where a policy has copies sent. */
  List<Handling.MirrorTarget> mirrors(Resource<RoutePolicySpec> policy, MeshService parent) {
    List<Handling.MirrorTarget> targets = new ArrayList<>();
    int index = 0;
    for (CallRules.Mirror mirror : policy.spec().calls().mirrors()) {
      String at = "/spec/mirrors/" + index++ + "/backendRef";
      other(policy.key(), parent, mirror.backend(), at)
          .ifPresent(
              cluster -> targets.add(Handling.MirrorTarget.percent(cluster, mirror.percent())));
    }
    return targets;
  }

  private Backend backend(ResourceKey route, MeshService parent, BackendRef ref, String pointer) {
    Optional<String> unserved = Filters.unserved(ref.filters(), true);
    if (unserved.isPresent()) {
      return invalid(
          FindingCode.FILTER_NOT_SERVED, route, ref, pointer, unserved.get() + " is not served");
    }
    if (!ref.isService() && !isServiceEntry(ref)) {
      return invalid(
          FindingCode.BACKEND_KIND,
          route,
          ref,
          pointer,
          "a backend must be a Service, not a " + ref.kind());
    }
    Optional<MeshService> found = find(ref);
    if (found.isEmpty()) {
      return invalid(
          FindingCode.BACKEND_NOT_FOUND, route, ref, pointer, "there is no " + describe(ref));
    }
    MeshService service = found.get();
    if (!ref.namespace().equals(route.namespace())
        && !service.host().equals(parent.host())
        && !granted(route, ref)) {
      return invalid(
          FindingCode.BACKEND_NOT_GRANTED,
          route,
          ref,
          pointer,
          "no ReferenceGrant in "
              + ref.namespace()
              + " lets a "
              + route.kind().kindName()
              + " of "
              + route.namespace()
              + " name "
              + describe(ref));
    }
    Integer number = ref.port();
    Optional<MeshPort> port =
        number == null
            ? service.ports().stream().findFirst()
            : service.port(number).filter(p -> p.protocol().routable());
    if (port.isEmpty()) {
      return invalid(
          FindingCode.BACKEND_PORT_NOT_FOUND,
          route,
          ref,
          pointer,
          describe(ref) + " has no HTTP or gRPC port " + number);
    }
    return new Backend.Valid(
        Names.cluster(service, port.get()), ref.weight(), Filters.headers(ref.filters()));
  }

  private Backend invalid(
      FindingCode code, ResourceKey route, BackendRef ref, String pointer, String reason) {
    findings.add(
        Finding.of(code, route, pointer, ref.provenance(), reason)
            .withHint(
                ref.weight() == 0
                    ? "it gets no requests"
                    : "its share of the requests is answered with 500"));
    return new Backend.Invalid(reason, ref.weight(), 500);
  }

  private Optional<MeshService> find(BackendRef ref) {
    if (ref.isService()) {
      return catalog.find(ref.namespace(), ref.name());
    }
    return catalog.services().stream()
        .filter(
            service ->
                new ResourceKey(Kind.SERVICE_ENTRY, ref.namespace(), ref.name())
                    .equals(service.declaredBy()))
        .findFirst();
  }

  private boolean granted(ResourceKey route, BackendRef ref) {
    return grants.getOrDefault(ref.namespace(), List.of()).stream()
        .anyMatch(
            grant ->
                grant.permits(
                    route.kind().group(),
                    route.kind().kindName(),
                    route.namespace(),
                    ref.group(),
                    ref.kind(),
                    ref.name()));
  }

  private static boolean isServiceEntry(BackendRef ref) {
    return ref.group().equals(Kind.SERVICE_ENTRY.group())
        && ref.kind().equals(Kind.SERVICE_ENTRY.kindName());
  }

  private static String describe(BackendRef ref) {
    return ref.kind() + " " + ref.namespace() + "/" + ref.name();
  }
}

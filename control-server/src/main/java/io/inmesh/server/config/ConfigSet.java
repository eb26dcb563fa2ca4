package io.inmesh.server.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The configuration in force: an immutable set of valid objects, ordered by key so that every
 * replica sees the same order whatever its files are called. Safe to share between threads.
 */
public final class ConfigSet {

  /** No objects at all: every setting has its default. */
  public static final ConfigSet EMPTY = of(List.of());

  private final Map<ResourceKey, Resource<?>> byKey;
  private final List<Resource<ServiceSpec>> services;
  private final List<Resource<ServiceEntrySpec>> serviceEntries;
  private final List<Resource<WorkloadEntrySpec>> workloadEntries;
  private final List<Resource<DestinationRuleSpec>> destinationRules;
  private final List<Resource<VirtualServiceSpec>> virtualServices;
  private final List<Resource<BackendTrafficPolicySpec>> backendTrafficPolicies;
  private final List<Resource<HttpRouteSpec>> httpRoutes;
  private final List<Resource<GrpcRouteSpec>> grpcRoutes;
  private final List<Resource<ReferenceGrantSpec>> referenceGrants;
  private final List<Resource<BackendTlsPolicySpec>> backendTlsPolicies;
  private final List<Resource<RoutePolicySpec>> routePolicies;
  private final List<Resource<AuthorizationPolicySpec>> authorizationPolicies;
  private final List<Resource<PeerAuthenticationSpec>> peerAuthentications;
  private final List<Resource<RequestAuthenticationSpec>> requestAuthentications;
  private final List<Resource<BrokenPolicySpec>> brokenPolicies;
  private final MeshDefaultsSpec meshDefaults;
  private final String generation;

  private ConfigSet(Map<ResourceKey, Resource<?>> byKey) {
    this.byKey = byKey;
    services = select(ServiceSpec.class);
    serviceEntries = select(ServiceEntrySpec.class);
    workloadEntries = select(WorkloadEntrySpec.class);
    destinationRules = select(DestinationRuleSpec.class);
    virtualServices = select(VirtualServiceSpec.class);
    backendTrafficPolicies = select(BackendTrafficPolicySpec.class);
    httpRoutes = select(HttpRouteSpec.class);
    grpcRoutes = select(GrpcRouteSpec.class);
    referenceGrants = select(ReferenceGrantSpec.class);
    backendTlsPolicies = select(BackendTlsPolicySpec.class);
    routePolicies = select(RoutePolicySpec.class);
    authorizationPolicies = select(AuthorizationPolicySpec.class);
    peerAuthentications = select(PeerAuthenticationSpec.class);
    requestAuthentications = select(RequestAuthenticationSpec.class);
    brokenPolicies = select(BrokenPolicySpec.class);
    meshDefaults =
        select(MeshDefaultsSpec.class).stream()
            .map(Resource::spec)
            .findFirst()
            .orElse(MeshDefaultsSpec.DEFAULTS);
    generation = hash(byKey.values());
  }

  /**
   * A set of these objects.
   *
   * @throws IllegalArgumentException if two of them have the same key
   */
  public static ConfigSet of(Collection<? extends Resource<?>> resources) {
    Map<ResourceKey, Resource<?>> byKey = new TreeMap<>();
    for (Resource<?> resource : resources) {
      if (byKey.put(resource.key(), resource) != null) {
        throw new IllegalArgumentException("two objects are called " + resource.key());
      }
    }
    return new ConfigSet(byKey);
  }

  /** The same and others, which have other keys. */
  ConfigSet with(Collection<? extends Resource<?>> others) {
    Map<ResourceKey, Resource<?>> all = new TreeMap<>(byKey);
    others.forEach(other -> all.put(other.key(), other));
    return new ConfigSet(all);
  }

  /** All objects, by key. */
  public Collection<Resource<?>> all() {
    return Collections.unmodifiableCollection(byKey.values());
  }

  /** The object with this key. */
  public Optional<Resource<?>> find(ResourceKey key) {
    return Optional.ofNullable(byKey.get(key));
  }

  /** All objects of kind Service. */
  public List<Resource<ServiceSpec>> services() {
    return services;
  }

  /** All objects of kind ServiceEntry. */
  public List<Resource<ServiceEntrySpec>> serviceEntries() {
    return serviceEntries;
  }

  /** All objects of kind WorkloadEntry. */
  public List<Resource<WorkloadEntrySpec>> workloadEntries() {
    return workloadEntries;
  }

  /** All objects of kind DestinationRule. */
  public List<Resource<DestinationRuleSpec>> destinationRules() {
    return destinationRules;
  }

  /** All objects of kind VirtualService. */
  public List<Resource<VirtualServiceSpec>> virtualServices() {
    return virtualServices;
  }

  /** All objects of kind XBackendTrafficPolicy. */
  public List<Resource<BackendTrafficPolicySpec>> backendTrafficPolicies() {
    return backendTrafficPolicies;
  }

  /** All objects of kind HTTPRoute. */
  public List<Resource<HttpRouteSpec>> httpRoutes() {
    return httpRoutes;
  }

  /** All objects of kind GRPCRoute. */
  public List<Resource<GrpcRouteSpec>> grpcRoutes() {
    return grpcRoutes;
  }

  /** All objects of kind ReferenceGrant. */
  public List<Resource<ReferenceGrantSpec>> referenceGrants() {
    return referenceGrants;
  }

  /** All objects of kind BackendTLSPolicy. */
  public List<Resource<BackendTlsPolicySpec>> backendTlsPolicies() {
    return backendTlsPolicies;
  }

  /** All objects of kind RoutePolicy. */
  public List<Resource<RoutePolicySpec>> routePolicies() {
    return routePolicies;
  }

  /** All objects of kind AuthorizationPolicy. */
  public List<Resource<AuthorizationPolicySpec>> authorizationPolicies() {
    return authorizationPolicies;
  }

  /** All objects of kind PeerAuthentication. */
  public List<Resource<PeerAuthenticationSpec>> peerAuthentications() {
    return peerAuthentications;
  }

  /** All objects of kind RequestAuthentication. */
  public List<Resource<RequestAuthenticationSpec>> requestAuthentications() {
    return requestAuthentications;
  }

  /** What stands in for security policies that never were valid. */
  public List<Resource<BrokenPolicySpec>> brokenPolicies() {
    return brokenPolicies;
  }

  /** The settings of the mesh: those of the one MeshDefaults object, else the defaults. */
  public MeshDefaultsSpec meshDefaults() {
    return meshDefaults;
  }

  /**
   * 128 bits of SHA-256 over the content, in hex: equal for equal configurations, on every replica
   * and after every restart; comments, order and file names do not count.
   */
  public String generation() {
    return generation;
  }

  /** The keys of what was added, removed or changed since {@code previous}. */
  public Set<ResourceKey> changesSince(ConfigSet previous) {
    Set<ResourceKey> changed = new TreeSet<>();
    for (Map.Entry<ResourceKey, Resource<?>> entry : byKey.entrySet()) {
      Resource<?> before = previous.byKey.get(entry.getKey());
      if (before == null || !before.canonical().equals(entry.getValue().canonical())) {
        changed.add(entry.getKey());
      }
    }
    for (ResourceKey key : previous.byKey.keySet()) {
      if (!byKey.containsKey(key)) {
        changed.add(key);
      }
    }
    return changed;
  }

  /** The generation and how many objects there are. */
  @Override
  public String toString() {
    return "ConfigSet[" + generation + ", " + byKey.size() + " objects]";
  }

  @SuppressWarnings("unchecked")
  private <S extends Spec> List<Resource<S>> select(Class<S> type) {
    return byKey.values().stream()
        .filter(resource -> type.isInstance(resource.spec()))
        .map(resource -> (Resource<S>) resource)
        .toList();
  }

  private static String hash(Collection<Resource<?>> resources) {
    MessageDigest digest = Hashes.sha256();
    for (Resource<?> resource : resources) {
      digest.update(resource.canonical().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
    return HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), 16));
  }
}

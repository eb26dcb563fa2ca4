package io.inmesh.server.config;

import java.util.List;
import java.util.Optional;

/** The kinds of objects the control server accepts, with their upstream group and versions. */
public enum Kind {
  /** Kubernetes {@code v1 Service}: a name, its ports and which workloads answer it. */
  SERVICE("", "Service", true, "v1"),
  /**
   * Istio {@code ServiceEntry}: a service declared by host names, its endpoints listed or selected.
   */
  SERVICE_ENTRY("networking.istio.io", "ServiceEntry", true, "v1", "v1beta1", "v1alpha3"),
  /** Istio {@code WorkloadEntry}: one instance, declared by the operator. */
  WORKLOAD_ENTRY("networking.istio.io", "WorkloadEntry", true, "v1", "v1beta1", "v1alpha3"),
  /** Istio {@code DestinationRule}: how callers treat a destination, and its subsets. */
  DESTINATION_RULE("networking.istio.io", "DestinationRule", true, "v1", "v1beta1", "v1alpha3"),
  /** Istio {@code VirtualService}: where requests to hosts go, in the order written. */
  VIRTUAL_SERVICE("networking.istio.io", "VirtualService", true, "v1", "v1beta1", "v1alpha3"),
  /** Gateway API {@code HTTPRoute}. */
  HTTP_ROUTE("gateway.networking.k8s.io", "HTTPRoute", true, "v1", "v1beta1"),
  /** Gateway API {@code GRPCRoute}. */
  GRPC_ROUTE("gateway.networking.k8s.io", "GRPCRoute", true, "v1"),
  /** Gateway API's experimental {@code XBackendTrafficPolicy}: budgets of retries. */
  BACKEND_TRAFFIC_POLICY("gateway.networking.x-k8s.io", "XBackendTrafficPolicy", true, "v1alpha1"),
  /** Gateway API {@code ReferenceGrant}: who may name objects of this namespace. */
  REFERENCE_GRANT("gateway.networking.k8s.io", "ReferenceGrant", true, "v1", "v1beta1"),
  /** Gateway API {@code BackendTLSPolicy}: connections to a service are TLS. */
  BACKEND_TLS_POLICY("gateway.networking.k8s.io", "BackendTLSPolicy", true, "v1", "v1alpha3"),
  /** Kubernetes {@code v1 ConfigMap}: trusted roots that others name. */
  CONFIG_MAP("", "ConfigMap", true, "v1"),
  /** Istio {@code AuthorizationPolicy}: who may call which workloads. */
  AUTHORIZATION_POLICY("security.istio.io", "AuthorizationPolicy", true, "v1", "v1beta1"),
  /** Istio {@code PeerAuthentication}: what connections workloads accept. */
  PEER_AUTHENTICATION("security.istio.io", "PeerAuthentication", true, "v1", "v1beta1"),
  /** Istio {@code RequestAuthentication}: whose tokens workloads accept. */
  REQUEST_AUTHENTICATION("security.istio.io", "RequestAuthentication", true, "v1", "v1beta1"),
  /** Ours: settings of the whole mesh; at most one. */
  MESH_DEFAULTS("inmesh.io", "MeshDefaults", false, "v1alpha1"),
  /** Ours: what no upstream kind can say about a route or a service. */
  ROUTE_POLICY("inmesh.io", "RoutePolicy", true, "v1alpha1");

  private final String group;
  private final String kindName;
  private final boolean namespaced;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> versions;

  Kind(String group, String kindName, boolean namespaced, String... versions) {
    this.group = group;
    this.kindName = kindName;
    this.namespaced = namespaced;
    this.versions = List.of(versions);
  }

  /** The API group; empty for the core group. */
  public String group() {
    return group;
  }

  /** The name as written in {@code kind:}, for example {@code HTTPRoute}. */
  public String kindName() {
    return kindName;
  }

  /** Whether objects of this kind live in a namespace; the others belong to the whole mesh. */
  public boolean namespaced() {
    return namespaced;
  }

  /** Accepted versions, the preferred one first. */
  public List<String> versions() {
    return versions;
  }

  /** The preferred value of {@code apiVersion:}. */
  public String apiVersion() {
    return apiVersion(versions.get(0));
  }

  /** The kind with this group and name, if it is one of ours. */
  public static Optional<Kind> of(String group, String kindName) {
    for (Kind kind : values()) {
      if (kind.kindName.equals(kindName) && kind.group.equals(group)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  private String apiVersion(String version) {
    return group.isEmpty() ? version : group + "/" + version;
  }
}

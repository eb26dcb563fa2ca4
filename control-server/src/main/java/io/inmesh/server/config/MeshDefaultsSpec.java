package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ours, {@code inmesh.io/v1alpha1 MeshDefaults}: settings of the whole mesh.
 *
 * @param trustDomain of all identities
 * @param domainSuffix what follows {@code <service>.<namespace>.}
 * @param implicitServices whether an instance that no Service selects gets one of its own
 * @param rootNamespace whose security policies apply to all namespaces
 * @param denyByDefault whether workloads refuse requests that no ALLOW policy lets in, also where
 *     there is no such policy
 * @param pathNormalization what servers do to paths before policies and applications see them
 * @param outboundTrafficPolicy what becomes of calls to hosts that nothing declares; null: not said
 * @param timeout of a request no route or policy gives one; null for none
 * @param lease how long an instance is believed
 * @param emptySetGuardPercent if more than this share of a service's endpoints would vanish at once
 *     because their leases ran out, they are kept; 100 switches the guard off
 * @param endpointDebounce how changes of endpoints are gathered
 * @param configDebounce how changes of files are gathered
 * @param registration who may register as which service; a service that is not named here belongs
 *     to the service account of its name
 * @param extensionProviders who decides about requests for policies with the action CUSTOM
 * @param attestation tokens of others that let processes join
 * @param federation trust domains beside the own one
 * @param tls what handshakes may agree on
 * @param accessLog what processes write of calls; null: nothing
 */
public record MeshDefaultsSpec(
    String trustDomain,
    String domainSuffix,
    boolean implicitServices,
    String rootNamespace,
    boolean denyByDefault,
    PathNormalization pathNormalization,
    @Nullable OutboundTrafficPolicy outboundTrafficPolicy,
    @Nullable Duration timeout,
    Lease lease,
    int emptySetGuardPercent,
    Debounce endpointDebounce,
    Debounce configDebounce,
    List<Binding> registration,
    List<ExtensionProvider> extensionProviders,
    AttestationSpec attestation,
    FederationSpec federation,
    TlsSettings tls,
    @Nullable AccessLogSpec accessLog)
    implements Spec {

  /** What is in force without a MeshDefaults object. */
  public static final MeshDefaultsSpec DEFAULTS =
      new MeshDefaultsSpec(
          "cluster.local",
          "svc.cluster.local",
          true,
          "inmesh-system",
          false,
          PathNormalization.STRICT,
          null,
          null,
          Lease.DEFAULTS,
          50,
          new Debounce(Duration.ofMillis(10), Duration.ofMillis(150)),
          new Debounce(Duration.ofMillis(100), Duration.ofSeconds(1)),
          List.of(),
          List.of(),
          AttestationSpec.NONE,
          FederationSpec.NONE,
          TlsSettings.DEFAULTS,
          null);

  /** The own trust domain and its aliases. */
  public List<String> trustDomains() {
    return federation.names(trustDomain);
  }

  /**
   * Who may register as one service.
   *
   * @param namespace of the service
   * @param service its name
   * @param serviceAccounts of the same namespace
   * @param networks CIDRs the instances' addresses must be in; empty: anywhere
   */
  public record Binding(
      String namespace, String service, List<String> serviceAccounts, List<Network> networks) {
    /** Copies the lists. */
    public Binding {
      serviceAccounts = List.copyOf(serviceAccounts);
      networks = List.copyOf(networks);
    }

    /** Whether it is about this service. */
    public boolean isFor(String ofNamespace, String name) {
      return namespace.equals(ofNamespace) && service.equals(name);
    }

    /** Whether a service account may register this address, an IP literal. */
    public boolean admits(String serviceAccount, String address) {
      return serviceAccounts.contains(serviceAccount)
          && (networks.isEmpty()
              || networks.stream().anyMatch(network -> network.contains(address)));
    }
  }

  /** What becomes of calls to hosts that nothing declares; as Istio names it. */
  public enum OutboundTrafficPolicy {
    /** They are refused. */
    REGISTRY_ONLY,
    /** They go where DNS says, as they would without a mesh. */
    ALLOW_ANY
  }

  /** What servers do to paths; all but the last as Istio names them. */
  public enum PathNormalization {
    /** Nothing. */
    NONE,
    /** Dot segments are resolved, needless encoding is undone, backslashes become slashes. */
    BASE,
    /** That, and adjacent slashes become one. */
    MERGE_SLASHES,
    /** That, and encoded slashes become slashes before. */
    DECODE_AND_MERGE_SLASHES,
    /** As {@link #MERGE_SLASHES}, but a path with encoded slashes is refused. */
    STRICT
  }

  /**
   * How long an instance is believed.
   *
   * @param grace from the loss of its stream until it counts as unhealthy
   * @param removeAfter from then until it is removed
   * @param ttl between two heartbeats of an instance that registered over HTTP
   * @param maxTtl the longest such time an instance may ask for
   */
  public record Lease(Duration grace, Duration removeAfter, Duration ttl, Duration maxTtl) {
    /** 15 s, 60 s, 30 s, 10 min. */
    public static final Lease DEFAULTS =
        new Lease(
            Duration.ofSeconds(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10));
  }

  /**
   * How a burst of changes is gathered into one.
   *
   * @param quiet how long nothing must change
   * @param cap how long the first change may wait at most
   */
  public record Debounce(Duration quiet, Duration cap) {}
}

package io.inmesh.server.config;

import java.util.List;
import java.util.Map;

/**
 * Istio {@code networking.istio.io ServiceEntry}: a service whose name is declared rather than
 * derived.
 *
 * @param hosts full names; one may begin with {@code *.}
 * @param addresses virtual IP addresses; without effect here
 * @param ports at least one
 * @param location inside or outside the mesh
 * @param resolution how endpoints are found
 * @param endpoints the static ones; each is an inline WorkloadEntry
 * @param workloadSelector labels of the workloads that answer; empty if {@code endpoints} says
 * @param exportTo namespaces that see it; {@code *} for all, {@code .} for its own
 * @param subjectAltNames names the servers' certificates may carry; empty for the usual ones
 */
public record ServiceEntrySpec(
    List<String> hosts,
    List<String> addresses,
    List<Port> ports,
    Location location,
    Resolution resolution,
    List<WorkloadEntrySpec> endpoints,
    Map<String, String> workloadSelector,
    List<String> exportTo,
    List<String> subjectAltNames)
    implements Spec {

  /** Copies the collections. */
  public ServiceEntrySpec {
    hosts = List.copyOf(hosts);
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
    endpoints = List.copyOf(endpoints);
    workloadSelector = Map.copyOf(workloadSelector);
    exportTo = List.copyOf(exportTo);
    subjectAltNames = List.copyOf(subjectAltNames);
  }

  /** Where the service runs. */
  public enum Location {
    /** Outside: no mesh identity is expected. */
    MESH_EXTERNAL,
    /** Inside. */
    MESH_INTERNAL
  }

  /** How the addresses of a service are found. */
  public enum Resolution {
    /**
     * Istio's default: a proxy goes on to where the application connected. Here the application
     * connects nowhere itself, so the host is looked up as the application would have done.
     */
    NONE,
    /** The listed or selected endpoints, which are IP addresses. */
    STATIC,
    /** By asking DNS for the endpoints' names, or for the hosts. */
    DNS,
    /**
     * By asking DNS for one name, which is one host: only new connections look at its addresses.
     */
    DNS_ROUND_ROBIN,
    /** By asking DNS for the name a request carries. */
    DYNAMIC_DNS
  }

  /**
   * One port of the service.
   *
   * @param number the number clients use
   * @param name unique within the entry
   * @param protocol upper case: {@code HTTP}, {@code HTTP2}, {@code GRPC}, {@code HTTPS}, {@code
   *     TCP}, {@code TLS}, …
   * @param targetPort where instances listen; equals {@code number} unless given
   * @param provenance where it is written
   */
  public record Port(
      int number, String name, String protocol, int targetPort, Provenance provenance) {}
}

package io.inmesh.server.config;

import io.inmesh.model.Locality;
import java.util.Map;

/**
 * Istio {@code networking.istio.io WorkloadEntry}: one instance.
 *
 * @param address an IP address or, where the resolution is DNS, a name
 * @param ports port name → number, where it differs from the service's target port
 * @param labels what selectors see
 * @param network opaque; instances of different networks cannot reach one another directly
 * @param locality where it runs
 * @param weight relative share of traffic; 1 unless given
 * @param serviceAccount the identity it is expected to hold; empty if unknown
 * @param provenance where it is written
 */
public record WorkloadEntrySpec(
    String address,
    Map<String, Integer> ports,
    Map<String, String> labels,
    String network,
    Locality locality,
    int weight,
    String serviceAccount,
    Provenance provenance)
    implements Spec {

  /** Copies the maps. */
  public WorkloadEntrySpec {
    ports = Map.copyOf(ports);
    labels = Map.copyOf(labels);
  }
}

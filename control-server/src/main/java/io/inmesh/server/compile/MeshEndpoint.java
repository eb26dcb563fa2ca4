package io.inmesh.server.compile;

import io.inmesh.model.Locality;
import io.inmesh.server.registry.InstanceHealth;
import java.util.Comparator;
import java.util.SortedMap;

/**
 * One address that answers for a service port.
 *
 * @param address an IP literal
 * @param port 1 to 65535
 * @param workload the name it registered under, or that of its WorkloadEntry
 * @param namespace it runs in
 * @param labels it carries, {@code version} among them
 * @param locality where it runs
 * @param weight at least 1
 * @param health as callers are told
 * @param secured whether it has an identity, and is reached by mutual TLS
 */
record MeshEndpoint(
    String address,
    int port,
    String workload,
    String namespace,
    SortedMap<String, String> labels,
    Locality locality,
    int weight,
    InstanceHealth health,
    boolean secured)
    implements Comparable<MeshEndpoint> {
  private static final Comparator<Locality> BY_LOCALITY =
      Comparator.comparing(Locality::region)
          .thenComparing(Locality::zone)
          .thenComparing(Locality::subzone);

  private static final Comparator<MeshEndpoint> ORDER =
      Comparator.comparing(MeshEndpoint::locality, BY_LOCALITY)
          .thenComparing(MeshEndpoint::address)
          .thenComparing(MeshEndpoint::port);

  MeshEndpoint withLocalityAndWeight(Locality newLocality, int newWeight) {
    return new MeshEndpoint(
        address, port, workload, namespace, labels, newLocality, newWeight, health, secured);
  }

  MeshEndpoint inPlaintext() {
    return new MeshEndpoint(
        address, port, workload, namespace, labels, locality, weight, health, false);
  }

  /** By locality, address and port, of which a set has each once. */
  @Override
  public int compareTo(MeshEndpoint other) {
    return ORDER.compare(this, other);
  }
}

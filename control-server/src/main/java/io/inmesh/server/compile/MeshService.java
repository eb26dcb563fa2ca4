package io.inmesh.server.compile;

import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.ResourceKey;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A service as callers see it.
 *
 * @param host its full name, unique in the mesh
 * @param namespace it belongs to
 * @param name short, unique in its namespace; the host itself for a ServiceEntry
 * @param ports in ascending order, numbers unique
 * @param selection who answers
 * @param publishNotReady whether unhealthy instances are published as healthy
 * @param trafficDistribution Kubernetes' preference for near endpoints; empty: none
 * @param declaredBy the object that declares it; null for an implicit service
 * @param provenance where it is written
 * @param peers how callers know who answers
 * @param exportedTo the namespaces whose callers see it; the empty one: everybody does
 * @param names that servers outside the mesh have in their certificates; empty: the host
 */
record MeshService(
    String host,
    String namespace,
    String name,
    List<MeshPort> ports,
    Selection selection,
    boolean publishNotReady,
    String trafficDistribution,
    @Nullable ResourceKey declaredBy,
    Provenance provenance,
    PeerIdentities peers,
    SortedSet<String> exportedTo,
    List<ClientTls.Name> names) {

  /** A service of which nothing is known about who answers. */
  MeshService(
      String host,
      String namespace,
      String name,
      List<MeshPort> ports,
      Selection selection,
      boolean publishNotReady,
      String trafficDistribution,
      @Nullable ResourceKey declaredBy,
      Provenance provenance) {
    this(
        host,
        namespace,
        name,
        ports,
        selection,
        publishNotReady,
        trafficDistribution,
        declaredBy,
        provenance,
        PeerIdentities.NONE,
        new TreeSet<>(List.of("")),
        List.of());
  }

  Optional<MeshPort> port(int number) {
    return ports.stream().filter(port -> port.number() == number).findFirst();
  }

  /** Where gRPC calls without a port go: the only port, else the first that speaks gRPC. */
  @Nullable MeshPort grpcPort() {
    List<MeshPort> routable = ports.stream().filter(port -> port.protocol().routable()).toList();
    return routable.size() == 1
        ? routable.get(0)
        : routable.stream()
            .filter(port -> port.protocol() == Protocol.GRPC)
            .findFirst()
            .orElse(null);
  }

  MeshService withPorts(List<MeshPort> newPorts) {
    return new MeshService(
        host,
        namespace,
        name,
        newPorts,
        selection,
        publishNotReady,
        trafficDistribution,
        declaredBy,
        provenance,
        peers,
        exportedTo,
        names);
  }

  MeshService withPeers(PeerIdentities known) {
    return new MeshService(
        host,
        namespace,
        name,
        ports,
        selection,
        publishNotReady,
        trafficDistribution,
        declaredBy,
        provenance,
        known,
        exportedTo,
        names);
  }

  MeshService withNames(List<ClientTls.Name> certified) {
    return new MeshService(
        host,
        namespace,
        name,
        ports,
        selection,
        publishNotReady,
        trafficDistribution,
        declaredBy,
        provenance,
        peers,
        exportedTo,
        certified);
  }

  /** The same for callers of these namespaces only; the empty one: for everybody. */
  MeshService withExportedTo(SortedSet<String> namespaces) {
    return new MeshService(
        host,
        namespace,
        name,
        ports,
        selection,
        publishNotReady,
        trafficDistribution,
        declaredBy,
        provenance,
        peers,
        namespaces,
        names);
  }

  boolean isSeenFrom(String callers) {
    return exportedTo.contains("") || exportedTo.contains(callers);
  }

  /** Whether DNS says who answers, in which no workload of the mesh has a part. */
  boolean isDns() {
    return selection instanceof Selection.Dns || isWildcard();
  }

  /** Whether its host stands for many, of which calls name one. */
  boolean isWildcard() {
    return selection instanceof Selection.Called;
  }
}

package io.inmesh.xds;

import io.inmesh.model.Cluster;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Clusters in one, whose priorities follow one another. The first says how to choose, the first one
 * that has endpoints how to reach them: those that differ in that are left out, never reached in
 * the wrong way.
 */
final class AggregateCluster {
  private AggregateCluster() {}

  /**
   * Puts clusters together.
   *
   * @param resource says name and limits
   * @param service for metrics
   * @param parts at least one, the preferred first
   */
  static Cluster of(ClusterResource resource, String service, List<Cluster> parts) {
    Cluster first = parts.get(0);
    Cluster reached =
        parts.stream().filter(part -> !part.localities().isEmpty()).findFirst().orElse(first);
    TlsPolicy tls = reached.tls();
    List<LocalityEndpoints> localities = new ArrayList<>();
    int offset = 0;
    for (Cluster part : parts) {
      if (part.protocol() == reached.protocol() && sameButPeers(part.tls(), reached.tls())) {
        tls = ofEither(tls, part.tls());
        offset += add(part.localities(), offset, localities);
      }
    }
    return new Cluster(
        resource.name(),
        service,
        localities,
        first.overprovisioning(),
        first.drops(),
        first.balancer(),
        first.connectTimeout(),
        reached.protocol(),
        resource.breakers(),
        first.outliers(),
        tls,
        first.accrual(),
        first.healthCheck(),
        first.connections());
  }

  /** Returns how many priorities these are. */
  private static int add(List<LocalityEndpoints> part, int offset, List<LocalityEndpoints> to) {
    int priorities = 0;
    for (LocalityEndpoints locality : part) {
      priorities = Math.max(priorities, locality.priority() + 1);
      to.add(
          new LocalityEndpoints(
              locality.locality(),
              offset + locality.priority(),
              locality.weight(),
              locality.endpoints()));
    }
    return priorities;
  }

  private static boolean sameButPeers(@Nullable TlsPolicy one, @Nullable TlsPolicy other) {
    if (one == null || other == null) {
      return Objects.equals(one, other);
    }
    return one.peers().isEmpty() == other.peers().isEmpty()
        && one.withPeers(List.of()).equals(other.withPeers(List.of()));
  }

  /** Whoever may answer for one of the clusters may answer for what they are together. */
  private static @Nullable TlsPolicy ofEither(@Nullable TlsPolicy one, @Nullable TlsPolicy other) {
    if (one == null || other == null) {
      return one;
    }
    Set<StringMatch> peers = new LinkedHashSet<>(one.peers());
    peers.addAll(other.peers());
    return one.withPeers(List.copyOf(peers));
  }
}

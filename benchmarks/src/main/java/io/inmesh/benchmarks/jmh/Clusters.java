package io.inmesh.benchmarks.jmh;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;

/** Clusters that differ in one thing. */
final class Clusters {
  private Clusters() {}

  /** The same cluster with another balancer. */
  static Cluster balanced(Cluster cluster, BalancerPolicy balancer) {
    return new Cluster(
        cluster.name(),
        cluster.service(),
        cluster.localities(),
        cluster.overprovisioning(),
        cluster.drops(),
        balancer,
        cluster.connectTimeout(),
        cluster.protocol(),
        cluster.breakers(),
        cluster.outliers(),
        cluster.tls());
  }
}

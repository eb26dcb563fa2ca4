package io.inmesh.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hosts one picker chooses among, with their weights. Immutable. */
public final class HostSet {
  private final Host[] hosts;
  private final double[] weights;
  private final boolean equalWeights;
  private final double totalWeight;

  /** A set in the order given, with the hosts' own weights. */
  public HostSet(List<Host> hosts) {
    this(hosts, hosts.stream().mapToDouble(Host::weight).toArray());
  }

  /**
   * A set in the order given.
   *
   * @param weights of the hosts at the same positions, positive
   */
  public HostSet(List<Host> hosts, double[] weights) {
    this.hosts = hosts.toArray(new Host[0]);
    this.weights = weights.clone();
    boolean equal = true;
    double total = 0;
    for (double weight : weights) {
      equal &= weight == weights[0];
      total += weight;
    }
    this.equalWeights = equal;
    this.totalWeight = total;
  }

  /** How many hosts there are. */
  public int size() {
    return hosts.length;
  }

  /** The host at a position, from 0. */
  public Host get(int index) {
    return hosts[index];
  }

  /** The weight of the host at a position. */
  public double weight(int index) {
    return weights[index];
  }

  /** Whether all hosts weigh the same. */
  public boolean equalWeights() {
    return equalWeights;
  }

  /** The sum of all weights. */
  public double totalWeight() {
    return totalWeight;
  }

  /**
   * The first host that a request admits, searching all from a position on; null if it admits none.
   * What a picker falls back to when its own choice is not admitted.
   */
  public @Nullable Host firstAdmitted(PickRequest request, int from) {
    int n = hosts.length;
    for (int i = 0; i < n; i++) {
      int index = from + i;
      Host host = hosts[index < n ? index : index - n];
      if (request.admits(host)) {
        return host;
      }
    }
    return null;
  }
}

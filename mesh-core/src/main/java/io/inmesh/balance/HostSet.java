package io.inmesh.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hosts one picker chooses among. Immutable. */
public final class HostSet {
  private final Host[] hosts;
  private final boolean equalWeights;
  private final long totalWeight;

  /** A set in the order given. */
  public HostSet(List<Host> hosts) {
    this.hosts = hosts.toArray(new Host[0]);
    boolean equal = true;
    long total = 0;
    for (Host host : this.hosts) {
      equal &= host.weight() == this.hosts[0].weight();
      total += host.weight();
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

  /** Whether all hosts weigh the same. */
  public boolean equalWeights() {
    return equalWeights;
  }

  /** The sum of all weights. */
  public long totalWeight() {
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

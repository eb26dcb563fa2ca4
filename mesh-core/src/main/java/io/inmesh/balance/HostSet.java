package io.inmesh.balance;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The hosts one picker chooses among, with their weights. Immutable. */
public final class HostSet implements Iterable<Host> {
  private final HostTable table;
  private final int size;

  /** Where the hosts are in the table; null: they are all hosts, in its order. */
  private final int @Nullable [] positions;

  /** Null when all weigh the same. */
  private final double @Nullable [] weights;

  /** What each weighs then. */
  private final double weight;

  private final double totalWeight;

  /** A set in the order given, with the hosts' own weights. */
  public HostSet(List<Host> hosts) {
    this(HostTable.of(hosts), IntStream.range(0, hosts.size()).toArray());
  }

  /** Some hosts of a table, with their own weights. */
  HostSet(HostTable table, int[] positions) {
    this(table, positions, IntStream.of(positions).mapToDouble(table::weight).toArray());
  }

  /**
   * Some hosts of a table.
   *
   * @param weights of the hosts at the same positions, positive
   */
  HostSet(HostTable table, int[] positions, double[] weights) {
    boolean all = positions.length == table.size();
    boolean equal = true;
    double total = 0;
    for (int i = 0; i < positions.length; i++) {
      all &= positions[i] == i;
      equal &= weights[i] == weights[0];
      total += weights[i];
    }
    this.table = table;
    this.size = positions.length;
    this.positions = all ? null : positions;
    this.weights = equal ? null : weights;
    this.weight = size == 0 ? 0 : weights[0];
    this.totalWeight = total;
  }

  /** How many hosts there are. */
  public int size() {
    return size;
  }

  private int position(int index) {
    return positions == null ? index : positions[index];
  }

  /** The host at a position, from 0. */
  public Host get(int index) {
    return table.get(position(index));
  }

  /** The weight of the host at a position. */
  public double weight(int index) {
    return weights == null ? weight : weights[index];
  }

  /** Whether all hosts weigh the same. */
  public boolean equalWeights() {
    return weights == null;
  }

  /** The sum of all weights. */
  public double totalWeight() {
    return totalWeight;
  }

  /** The hosts at these positions of the set, with their own weights. */
  HostSet select(int[] indexes) {
    return new HostSet(table, IntStream.of(indexes).map(this::position).toArray());
  }

  /**
   * The first host that a request admits, searching all from a position on; null if it admits none.
   * What a picker falls back to when its own choice is not admitted.
   */
  public @Nullable Host firstAdmitted(PickRequest request, int from) {
    for (int i = 0; i < size; i++) {
      int index = from + i;
      Host host = get(index < size ? index : index - size);
      if (request.admits(host)) {
        return host;
      }
    }
    return null;
  }

  @Override
  public Iterator<Host> iterator() {
    return IntStream.range(0, size).mapToObj(this::get).iterator();
  }

  /** Whether the hosts, though perhaps of another configuration, and their weights are the same. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HostSet set
        && size == set.size
        && weight == set.weight
        && Arrays.equals(weights, set.weights)
        && (table == set.table
            ? Arrays.equals(positions, set.positions)
            : IntStream.range(0, size)
                .allMatch(i -> table.same(position(i), set.table, set.position(i))));
  }

  @Override
  public int hashCode() {
    return Objects.hash(size, totalWeight);
  }
}

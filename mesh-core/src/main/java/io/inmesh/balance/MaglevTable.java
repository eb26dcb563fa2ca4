package io.inmesh.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Maglev's lookup table, filled as Envoy fills it: hosts take turns by weight, each taking the next
 * free entry of its own permutation. Immutable.
 *
 * @see <a
 *     href="https://static.googleusercontent.com/media/research.google.com/en//pubs/archive/44824.pdf">Maglev:
 *     a fast and reliable software network load balancer</a>
 */
final class MaglevTable implements EndpointPicker {
  /** How many other entries are tried for an admitted host before any will do. */
  private static final int MAX_ATTEMPTS = 8;

  private final HostSet hosts;
  private final int[] table;

  /**
   * A table.
   *
   * @param size prime, and more than there are hosts
   */
  MaglevTable(HostSet hosts, int size) {
    this.hosts = hosts;
    this.table = new int[size];
    fill();
  }

  private void fill() {
    int n = hosts.size();
    int size = table.length;
    // The order decides who gets an entry that two want: it must not depend on who sent the list.
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparing(i -> hosts.get(i).hashKey()))
            .mapToInt(Integer::intValue)
            .toArray();
    long[] at = new long[n];
    long[] skip = new long[n];
    double[] target = new double[n];
    double heaviest = 0;
    for (int i = 0; i < n; i++) {
      String key = hosts.get(i).hashKey();
      at[i] = Long.remainderUnsigned(XxHash64.hash(key), size);
      skip[i] = Long.remainderUnsigned(XxHash64.hash(key, 1), size - 1) + 1;
      heaviest = Math.max(heaviest, hosts.weight(i));
    }
    Arrays.fill(table, -1);
    int filled = 0;
    for (int turn = 1; filled < size; turn++) {
      for (int i : order) {
        if (turn * hosts.weight(i) < target[i]) {
          continue;
        }
        target[i] += heaviest;
        while (table[(int) at[i]] >= 0) {
          at[i] = (at[i] + skip[i]) % size;
        }
        table[(int) at[i]] = i;
        if (++filled == size) {
          break;
        }
      }
    }
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    long hash = request.hashed() ? request.hash() : request.random().nextLong();
    int owner = owner(hash);
    Host host = hosts.get(owner);
    for (int attempt = 1; !request.admits(host); attempt++) {
      if (attempt > MAX_ATTEMPTS) {
        return hosts.firstAdmitted(request, owner);
      }
      // Far away in the table, and the same place for every client.
      host = hosts.get(owner(hash ^ -attempt));
    }
    return host;
  }

  private int owner(long hash) {
    return table[(int) Long.remainderUnsigned(hash, table.length)];
  }

  /** How many entries a host has. */
  int entries(int host) {
    return (int) Arrays.stream(table).filter(owner -> owner == host).count();
  }
}

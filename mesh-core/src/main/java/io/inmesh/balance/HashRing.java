package io.inmesh.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ketama consistent hashing as Envoy builds it: a host is on the ring as often as its weight
 * demands, at the hashes of {@code <key>_<i>}, and a request goes to the first host at or after its
 * hash. A host that is not admitted is as if it were not on the ring. Immutable.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#ring-hash">Ring
 *     hash</a>
 */
final class HashRing implements EndpointPicker {
  /** How far the ring is walked for an admitted host before any will do. */
  private static final int MAX_STEPS = 256;

  private final HostSet hosts;

  /** Ascending as unsigned numbers. */
  private final long[] hashes;

  private final int[] owners;

  HashRing(HostSet hosts, long minSize, long maxSize) {
    this.hosts = hosts;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < hosts.size(); i++) {
      least = Math.min(least, hosts.weight(i) / hosts.totalWeight());
    }
    // The lightest host gets a whole number of places, unless that makes the ring too large.
    double scale = Math.min(Math.ceil(least * minSize) / least, (double) maxSize);
    int size = (int) Math.ceil(scale);
    long[] places = new long[size];
    int[] placeOwners = new int[size];
    int used = 0;
    double target = 0;
    for (int i = 0; i < hosts.size() && used < size; i++) {
      String prefix = hosts.get(i).hashKey() + "_";
      target += scale * hosts.weight(i) / hosts.totalWeight();
      for (int copy = 0; used < target && used < size; copy++) {
        places[used] = XxHash64.hash(prefix + copy);
        placeOwners[used++] = i;
      }
    }
    Integer[] order = IntStream.range(0, used).boxed().toArray(Integer[]::new);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingLong(at -> places[at] ^ Long.MIN_VALUE)
            .thenComparing(at -> hosts.get(placeOwners[at]).hashKey()));
    hashes = new long[used];
    owners = new int[used];
    for (int i = 0; i < used; i++) {
      hashes[i] = places[order[i]];
      owners[i] = placeOwners[order[i]];
    }
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    int at = first(request.hashed() ? request.hash() : request.random().nextLong());
    int steps = Math.min(owners.length, MAX_STEPS);
    int owner = owners[at];
    for (int i = 0; i < steps; i++) {
      owner = owners[at];
      Host host = hosts.get(owner);
      if (request.admits(host)) {
        return host;
      }
      at = at + 1 == owners.length ? 0 : at + 1;
    }
    return hosts.firstAdmitted(request, owner);
  }

  /** The position of the first place at or after a hash, around the end of the ring. */
  private int first(long hash) {
    int low = 0;
    int high = hashes.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(hashes[middle], hash) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == hashes.length ? 0 : low;
  }

  /** How many places there are. */
  int size() {
    return hashes.length;
  }

  /** How many places a host has. */
  int places(int host) {
    return (int) Arrays.stream(owners).filter(owner -> owner == host).count();
  }
}

package io.inmesh.balance;

import io.inmesh.model.Endpoint.Health;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * The few of many hosts that this process connects to, by rendezvous hashing: as stable as can be
 * when hosts come and go, and evenly spread over many processes.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A68-random-subsetting.md">gRFC A68</a>
 */
final class Subset {
  private Subset() {}

  /**
   * The positions of the hosts with the lowest hashes, so many that {@code size} of them may be
   * used: those that may not stay in the subset, so that health is judged as over all hosts.
   *
   * @param seed of this process
   */
  static BitSet of(HostTable hosts, int[] positions, int size, long seed) {
    record Ranked(int position, long hash) {}
    List<Ranked> ranked = new ArrayList<>(positions.length);
    for (int position : positions) {
      String key = Host.hashKey(hosts.endpoint(position));
      ranked.add(new Ranked(position, XxHash64.hash(key, seed)));
    }
    ranked.sort(Comparator.comparingLong(entry -> entry.hash() ^ Long.MIN_VALUE));
    BitSet chosen = new BitSet(hosts.size());
    int usable = 0;
    for (Ranked entry : ranked) {
      if (usable == size) {
        break;
      }
      chosen.set(entry.position());
      Health health = hosts.told(entry.position());
      usable += health == Health.HEALTHY || health == Health.DEGRADED ? 1 : 0;
    }
    return chosen;
  }
}

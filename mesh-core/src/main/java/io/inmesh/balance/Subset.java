package io.inmesh.balance;

import io.inmesh.model.Endpoint.Health;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The few of many hosts that this process connects to, by rendezvous hashing: as stable as can be
 * when hosts come and go, and evenly spread over many processes.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A68-random-subsetting.md">gRFC A68</a>
 */
final class Subset {
  private Subset() {}

  /**
   * The hosts with the lowest hashes, so many that {@code size} of them may be used: those that may
   * not stay in the subset, so that health is judged as over all hosts.
   *
   * @param seed of this process
   */
  static Set<Host> of(List<Host> hosts, int size, long seed) {
    record Ranked(Host host, long hash) {}
    List<Ranked> ranked = new ArrayList<>(hosts.size());
    for (Host host : hosts) {
      ranked.add(new Ranked(host, XxHash64.hash(host.hashKey(), seed)));
    }
    ranked.sort(Comparator.comparingLong(entry -> entry.hash() ^ Long.MIN_VALUE));
    Set<Host> chosen = new HashSet<>();
    int usable = 0;
    for (Ranked entry : ranked) {
      if (usable == size) {
        break;
      }
      chosen.add(entry.host());
      Health health = entry.host().endpoint().health();
      usable += health == Health.HEALTHY || health == Health.DEGRADED ? 1 : 0;
    }
    return chosen;
  }
}

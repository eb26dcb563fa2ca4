package io.inmesh.balance;

import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing with bounded loads: a host that has its share of what is in flight, times a
 * factor, gets no more, and the request goes on to hosts that its hash names one after the other.
 * So a key that everybody asks for spreads over a few hosts, always the same ones. A pick looks at
 * every host, to know the average. Thread-safe as far as hosts' counters are.
 *
 * @see <a href="https://arxiv.org/abs/1608.01350">Consistent hashing with bounded loads</a>
 */
final class BoundedLoad implements EndpointPicker {
  /** The step of a Weyl sequence, whose members differ in all bits once they are mixed. */
  private static final long WEYL = 0x9E37_79B9_7F4A_7C15L;

  /** So often the hash leads somewhere else; then hosts are asked in their order. */
  private static final int JUMPS = 8;

  private final EndpointPicker hashing;
  private final HostSet hosts;
  private final int percent;

  /**
   * Bounds what a picker gives to one host.
   *
   * @param hosts that it chooses from
   * @param percent of the average, at least 100
   */
  BoundedLoad(EndpointPicker hashing, HostSet hosts, int percent) {
    this.hashing = hashing;
    this.hosts = hosts;
    this.percent = percent;
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    Host preferred = hashing.pick(request);
    if (preferred == null) {
      return null;
    }
    long active = 1; // this one
    double weight = 0;
    for (int i = 0; i < hosts.size(); i++) {
      active += hosts.get(i).state().inFlight();
      if (hosts.get(i).state() == preferred.state()) {
        weight = hosts.weight(i);
      }
    }
    double bound = active * percent / 100.0 / hosts.totalWeight();
    double least = load(preferred, weight, bound);
    return least <= 1 ? preferred : another(request, preferred, least, bound);
  }

  /** The first that has room, where the hash leads; if nobody has, the one that lacks it least. */
  private Host another(PickRequest request, Host preferred, double preferredLoad, double bound) {
    long hash = request.hashed() ? request.hash() : request.random().nextLong();
    Host best = preferred;
    double least = preferredLoad;
    int index = 0;
    for (int step = 1; step <= JUMPS + hosts.size(); step++) {
      index =
          step <= JUMPS
              ? (int) Long.remainderUnsigned(mix(hash + step * WEYL), hosts.size())
              : (index + 1) % hosts.size();
      Host host = hosts.get(index);
      double load = load(host, hosts.weight(index), bound);
      if (load < least && request.admits(host)) {
        if (load <= 1) {
          return host;
        }
        best = host;
        least = load;
      }
    }
    return best;
  }

  /** How full a host would be with this request; above 1 is too full. */
  private static double load(Host host, double weight, double bound) {
    return (host.state().inFlight() + 1) / Math.max(1, Math.ceil(bound * weight));
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return mixed ^ (mixed >>> 31);
  }
}

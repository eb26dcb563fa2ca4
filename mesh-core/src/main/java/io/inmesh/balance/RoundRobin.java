package io.inmesh.balance;

import io.inmesh.control.Randomness;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Weighted round robin from a random start, so that clients which start together do not walk the
 * hosts in step. With unequal weights the schedule is the earliest-deadline-first order of a stride
 * scheduler whose only state is a counter: in round {@code r} host {@code i} is served if {@code
 * weight * r} (scaled so that the heaviest is served in every round) passes a multiple of the
 * scale. Lock-free.
 */
final class RoundRobin implements EndpointPicker {
  private static final int SCALE = 0xFFFF;

  private final HostSet hosts;
  private final int @Nullable [] strides;
  private final AtomicInteger cursor;

  RoundRobin(HostSet hosts, Randomness random) {
    this.hosts = hosts;
    this.cursor = new AtomicInteger(random.nextInt(Integer.MAX_VALUE));
    this.strides = hosts.equalWeights() ? null : strides(hosts);
  }

  private static int[] strides(HostSet hosts) {
    int max = 1;
    for (int i = 0; i < hosts.size(); i++) {
      max = Math.max(max, hosts.get(i).weight());
    }
    int[] strides = new int[hosts.size()];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = Math.max(1, (int) Math.round((double) hosts.get(i).weight() * SCALE / max));
    }
    return strides;
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    int index = strides == null ? next() % hosts.size() : stride(strides);
    Host host = hosts.get(index);
    return request.admits(host) ? host : hosts.firstAdmitted(request, index);
  }

  private int stride(int[] strides) {
    while (true) {
      int position = next();
      int index = position % strides.length;
      long round = position / strides.length;
      // Offsets spread hosts of equal weight over different rounds.
      long passed = (strides[index] * round + (long) index * (SCALE / 2)) % SCALE;
      if (passed >= SCALE - strides[index]) {
        return index;
      }
    }
  }

  private int next() {
    return cursor.getAndIncrement() & Integer.MAX_VALUE;
  }
}

package io.inmesh.balance;

import io.inmesh.control.Randomness;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.testing.Snapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Hosts for tests of pickers; the port tells which is which. */
final class Hosts {
  private Hosts() {}

  /** Hosts at 10.0.0.1, ports 1, 2, …, with these weights. */
  static List<Host> weighing(int... weights) {
    List<Host> hosts = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      hosts.add(host(i + 1, weights[i], new EndpointState()));
    }
    return hosts;
  }

  static List<Host> equal(int count) {
    int[] weights = new int[count];
    java.util.Arrays.fill(weights, 1);
    return weighing(weights);
  }

  static Host host(int port, int weight, EndpointState state) {
    return new Host(
        Snapshots.endpoint("10.0.0.1", port, weight, Endpoint.Health.HEALTHY),
        Locality.UNKNOWN,
        0,
        state);
  }

  static int port(@Nullable Host host) {
    return Objects.requireNonNull(host, "nothing was picked").endpoint().address().getPort();
  }

  /** How often each port is picked by requests without a hash. */
  static Map<Integer, Integer> counts(EndpointPicker picker, int picks, Randomness random) {
    Map<Integer, Integer> counts = new TreeMap<>();
    for (int i = 0; i < picks; i++) {
      counts.merge(port(picker.pick(request(random, null, host -> true))), 1, Integer::sum);
    }
    return counts;
  }

  static PickRequest hashed(long hash, Predicate<Host> admitted) {
    return request(Randomness.SYSTEM, hash, admitted);
  }

  static PickRequest request(Randomness random, @Nullable Long hash, Predicate<Host> admitted) {
    return new PickRequest() {
      @Override
      public boolean admits(Host host) {
        return admitted.test(host);
      }

      @Override
      public boolean hashed() {
        return hash != null;
      }

      @Override
      public long hash() {
        return hash == null ? 0 : hash;
      }

      @Override
      public Randomness random() {
        return random;
      }
    };
  }
}

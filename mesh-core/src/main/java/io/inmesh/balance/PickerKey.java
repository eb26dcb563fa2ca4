package io.inmesh.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a picker is made of: with the same it need not be made again.
 *
 * @param weights of the hosts; null: their own
 */
record PickerKey(List<Host> hosts, @Nullable List<Double> weights) {
  PickerKey {
    hosts = List.copyOf(hosts);
    weights = weights == null ? null : List.copyOf(weights);
  }

  HostSet hostSet() {
    return weights == null
        ? new HostSet(hosts)
        : new HostSet(hosts, weights.stream().mapToDouble(Double::doubleValue).toArray());
  }
}

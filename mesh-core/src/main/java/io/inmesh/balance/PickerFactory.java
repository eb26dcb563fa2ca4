package io.inmesh.balance;

import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;

/** Makes pickers for one or more algorithms; called while a configuration is compiled. */
@FunctionalInterface
public interface PickerFactory {
  /**
   * What a factory may use.
   *
   * @param policy the cluster's, with the algorithm and slow start
   * @param clock the engine's
   * @param random the engine's
   */
  record Setting(BalancerPolicy policy, Clock clock, Randomness random) {}

  /**
   * A picker over a set that is not empty.
   *
   * @throws IllegalArgumentException if the algorithm is not supported
   */
  EndpointPicker create(HostSet hosts, Setting setting);
}

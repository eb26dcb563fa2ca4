package io.inmesh.balance;

import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;

/**
 * Makes pickers for one or more algorithms; called on the control loop while a configuration is
 * compiled. A picker is kept as long as its hosts and the policy stay the same.
 */
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
   * @throws IllegalArgumentException if the algorithm is not supported or its settings are wrong;
   *     the cluster then keeps its previous configuration
   */
  EndpointPicker create(HostSet hosts, Setting setting);
}

package io.inmesh.balance;

/**
 * Two choices by active requests to the power of a bias: 0 ignores load, 1 takes it as it is. Where
 * Envoy walks a weighted schedule for hosts of unequal weight, these are drawn by weight and
 * compared by load for their weight: equal shares without a shared schedule to lock.
 */
final class LeastRequest extends TwoChoices {
  private final double bias;

  LeastRequest(HostSet hosts, WarmUp warmUp, int choices, double bias) {
    super(hosts, warmUp, choices);
    this.bias = Math.max(0, bias);
  }

  @Override
  double load(Host host) {
    int active = host.state().inFlight();
    if (bias == 1.0) {
      return active;
    }
    return bias == 0 ? 0 : Math.pow(active, bias);
  }
}

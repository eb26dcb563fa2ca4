package io.inmesh.balance;

import io.inmesh.control.Clock;
import io.inmesh.model.BalancerPolicy.Algorithm;

/**
 * Two choices by expected latency: the peak-sensitive moving average of response times times the
 * requests that would then wait.
 *
 * @see RoundTripTime
 */
final class PeakEwma extends TwoChoices {
  private final Clock clock;
  private final double decayNanos;
  private final double defaultNanos;

  PeakEwma(HostSet hosts, WarmUp warmUp, Algorithm.PeakEwma policy, Clock clock) {
    super(hosts, warmUp, 2);
    this.clock = clock;
    this.decayNanos = policy.decay().toNanos();
    this.defaultNanos = policy.defaultRtt().toNanos();
  }

  @Override
  double load(Host host) {
    EndpointState state = host.state();
    RoundTripTime measured = state.measured();
    double nanos =
        measured == null
            ? defaultNanos
            : measured.estimate(clock.nanoTime(), decayNanos, defaultNanos);
    return nanos * (state.inFlight() + 1);
  }
}

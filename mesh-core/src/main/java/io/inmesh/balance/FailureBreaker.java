package io.inmesh.balance;

import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.model.FailureAccrual;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Failure accrual over the hosts of one cluster. What requests report is thread-safe; penalties
 * begin and end on the control loop.
 *
 * @see <a href="https://linkerd.io/2/reference/circuit-breaking/">Linkerd's circuit breaking</a>
 */
public final class FailureBreaker {
  private static final int MAX_DOUBLINGS = 30;

  private final ControlLoop loop;
  private final Randomness random;
  private final HealthListener listener;
  private volatile @Nullable FailureAccrual policy;
  private Set<HostHealth> hosts = Set.of();

  /** A breaker without hosts and without a policy. */
  public FailureBreaker(ControlLoop loop, Randomness random, HealthListener listener) {
    this.loop = loop;
    this.random = random;
    this.listener = listener;
  }

  /** A request to the host is over. */
  public void finished(EndpointState state, boolean failed) {
    FailureAccrual now = policy;
    if (now == null) {
      return;
    }
    HostHealth host = state.health();
    if (!failed) {
      host.accrual.succeeded();
    } else if (host.accrual.failed(now.maxFailures())) {
      loop.execute(() -> shut(host));
    }
  }

  /** A request to the host ended without saying anything about the host. */
  public void undecided(EndpointState state) {
    if (policy != null) {
      state.health().accrual.undecided();
    }
  }

  /** Watches these hosts from now on; without a policy all are forgiven. On the control loop. */
  public void watch(@Nullable FailureAccrual newPolicy, Collection<EndpointState> states) {
    hosts = Set.copyOf(EndpointState.healthOf(states, newPolicy != null));
    policy = newPolicy;
    if (newPolicy == null) {
      hosts.forEach(host -> host.accrual.forgive());
    }
  }

  private void shut(HostHealth host) {
    FailureAccrual now = policy;
    if (now == null || !hosts.contains(host) || !host.accrual.shut()) {
      return;
    }
    listener.detected(Detector.FAILURE_ACCRUAL, true);
    listener.ejections(1);
    loop.schedule(penaltyNanos(now, host.accrual.trips(), random), () -> probation(host));
    listener.changed();
  }

  private void probation(HostHealth host) {
    listener.ejections(-1);
    host.accrual.probation();
    listener.changed();
  }

  /** The minimum, doubled for each time before, at most the maximum; then the jitter. */
  static long penaltyNanos(FailureAccrual policy, int trips, Randomness random) {
    double penalty =
        Math.min(
            (double) policy.maxPenalty().toNanos(),
            policy.minPenalty().toNanos() * Math.pow(2, Math.min(trips, MAX_DOUBLINGS)));
    return (long) (penalty * (1 + policy.jitterRatio() * random.nextDouble()));
  }
}

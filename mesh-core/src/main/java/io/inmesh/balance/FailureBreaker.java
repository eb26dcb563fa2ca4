package io.inmesh.balance;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.model.FailureAccrual;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
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

  /** What ends the penalties of those that are shut. */
  private final Map<HostHealth, Cancellable> penalties = new HashMap<>();

  /** A breaker without hosts and without a policy. */
  public FailureBreaker(ControlLoop loop, Randomness random, HealthListener listener) {
    this.loop = loop;
    this.random = random;
    this.listener = listener;
  }

  /**
   * A request to the host is over.
   *
   * @param pass what {@link EndpointState#enter} gave the request
   * @param retryAfterNanos how long the response asks callers to stay away; 0: it does not
   */
  public void finished(EndpointState state, int pass, Verdict verdict, long retryAfterNanos) {
    FailureAccrual now = policy;
    if (now == null) {
      return;
    }
    HostHealth host = state.health();
    if (host.accrual.finished(pass, verdict, now, loop.clock().nanoTime())) {
      loop.execute(() -> shut(host, pass, retryAfterNanos));
    }
  }

  /** A request to the host ended without saying anything about the host. */
  public void undecided(EndpointState state, int pass) {
    if (policy != null) {
      state.health().accrual.undecided(pass);
    }
  }

  /** Watches these hosts from now on; without a policy all are forgiven. On the control loop. */
  public void watch(@Nullable FailureAccrual newPolicy, Collection<EndpointState> states) {
    hosts = Set.copyOf(EndpointState.healthOf(states, newPolicy != null));
    FailureAccrual before = policy;
    policy = newPolicy;
    if (newPolicy == null) {
      hosts.forEach(host -> host.accrual.forgive());
    } else if (before != null && !Objects.equals(before.successRate(), newPolicy.successRate())) {
      hosts.forEach(host -> host.accrual.forget());
    }
    int shut = penalties.size();
    penalties
        .entrySet()
        .removeIf(
            penalty -> {
              boolean over = newPolicy == null || !hosts.contains(penalty.getKey());
              if (over) {
                penalty.getValue().cancel();
              }
              return over;
            });
    listener.ejections(penalties.size() - shut);
  }

  private void shut(HostHealth host, int pass, long retryAfterNanos) {
    FailureAccrual now = policy;
    if (now == null || !hosts.contains(host) || !host.accrual.shut(pass)) {
      return;
    }
    listener.detected(Detector.FAILURE_ACCRUAL, true);
    listener.ejections(1);
    long penalty =
        Math.max(
            penaltyNanos(now, host.accrual.trips(), random),
            Math.min(retryAfterNanos, now.maxPenalty().toNanos()));
    penalties.put(host, loop.schedule(penalty, () -> probation(host)));
    listener.changed();
  }

  private void probation(HostHealth host) {
    penalties.remove(host);
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

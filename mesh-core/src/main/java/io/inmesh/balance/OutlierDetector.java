package io.inmesh.balance;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.model.OutlierPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ejects hosts that behave worse than they should, exactly as Envoy computes it: consecutive
 * failures at once, rates at each sweep. One for each cluster, for as long as the cluster exists.
 * What requests report is thread-safe; everything is decided on the control loop.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier">Outlier
 *     detection</a>
 */
public final class OutlierDetector {
  private final ControlLoop loop;
  private final Randomness random;
  private final HealthListener listener;
  private volatile @Nullable OutlierPolicy policy;
  private List<HostHealth> hosts = List.of();
  private Cancellable sweep = Cancellable.NONE;
  private @Nullable Duration interval;
  private boolean changed;

  /** A detector without hosts and without a policy. */
  public OutlierDetector(ControlLoop loop, Randomness random, HealthListener listener) {
    this.loop = loop;
    this.random = random;
    this.listener = listener;
  }

  // ---- what requests report ----

  /** The host answered with an HTTP status, or one that stands for a gRPC status. */
  public void responded(EndpointState state, int status) {
    OutlierPolicy now = policy;
    if (now == null) {
      return;
    }
    HostHealth health = state.health();
    boolean failed = now.isError(status);
    health.external.record(!failed);
    if (!failed) {
      clear(health.consecutive5xx);
      clear(health.consecutiveGateway);
      return;
    }
    if (status == 502 || status == 503 || status == 504) {
      count(
          health,
          health.consecutiveGateway,
          now.consecutiveGatewayFailure(),
          Detector.CONSECUTIVE_GATEWAY_FAILURE);
    } else {
      clear(health.consecutiveGateway);
    }
    count(health, health.consecutive5xx, now.consecutive5xx(), Detector.CONSECUTIVE_5XX);
  }

  /** The host's answer said that it is degraded ({@code x-envoy-degraded}). */
  public void degraded(EndpointState state) {
    OutlierPolicy now = policy;
    if (now == null || !now.detectDegraded()) {
      return;
    }
    HostHealth health = state.health();
    if (!health.degradation.running()) {
      loop.execute(() -> degrade(health));
    }
  }

  /** There is a connection to the host. */
  public void connected(EndpointState state) {
    OutlierPolicy now = policy;
    if (now != null && now.splitLocalOrigin()) {
      state.health().local.record(true);
      clear(state.health().consecutiveLocal);
    }
  }

  /**
   * The host was not reached, reset the request or did not answer in time: the failure is one of
   * this side. Without the split it counts as the status a proxy would have answered with.
   */
  public void failedLocally(EndpointState state, boolean timeout) {
    OutlierPolicy now = policy;
    if (now == null) {
      return;
    }
    if (!now.splitLocalOrigin()) {
      responded(state, timeout ? 504 : 503);
      return;
    }
    HostHealth health = state.health();
    health.local.record(false);
    count(
        health,
        health.consecutiveLocal,
        now.consecutiveLocalOriginFailure(),
        Detector.CONSECUTIVE_LOCAL_ORIGIN_FAILURE);
  }

  private static void clear(AtomicInteger counter) {
    if (counter.get() != 0) {
      counter.set(0);
    }
  }

  private void count(HostHealth health, AtomicInteger counter, int limit, Detector by) {
    if (counter.incrementAndGet() < limit) {
      return;
    }
    // Also if nobody is ejected for it, so that the next bout is seen.
    counter.set(0);
    loop.execute(
        () -> {
          if (hosts.contains(health)) {
            eject(health, by);
            tell();
          }
        });
  }

  // ---- decisions, on the control loop ----

  /** Watches these hosts from now on; without a policy nobody stays ejected. */
  public void watch(@Nullable OutlierPolicy newPolicy, Collection<EndpointState> states) {
    int before = ejections();
    hosts = EndpointState.healthOf(states, newPolicy != null);
    listener.ejections(ejections() - before);
    policy = newPolicy;
    if (newPolicy == null) {
      interval = null;
      sweep.cancel();
      hosts.stream().filter(HostHealth::ejected).forEach(this::back);
      changed = false;
    } else if (!newPolicy.interval().equals(interval)) {
      interval = newPolicy.interval();
      sweep.cancel();
      arm();
    }
    if (newPolicy == null || !newPolicy.detectDegraded()) {
      hosts.stream().filter(host -> host.degradation.running()).forEach(this::restore);
      tell();
    }
  }

  /** Stops; nobody will report any more. */
  public void close() {
    watch(null, List.of());
  }

  /** A probe found the host healthy: where the policy says so, that ends its ejection. */
  void probed(HostHealth health) {
    OutlierPolicy now = policy;
    if (now != null && now.unejectOnProbe() && health.ejected()) {
      back(health);
      tell();
    }
  }

  private void arm() {
    OutlierPolicy now = policy;
    if (now != null) {
      sweep = loop.schedule(now.interval().toNanos(), this::sweep);
    }
  }

  private void sweep() {
    OutlierPolicy now = policy;
    if (now == null) {
      return;
    }
    long time = loop.clock().nanoTime();
    for (HostHealth host : hosts) {
      if (host.ejection.served(now, time)) {
        back(host);
      }
      if (host.degradation.served(now, time)) {
        restore(host);
      }
      host.roll();
    }
    compare(now, host -> host.external, Detector.SUCCESS_RATE, Detector.FAILURE_PERCENTAGE);
    compare(
        now,
        host -> host.local,
        Detector.LOCAL_ORIGIN_SUCCESS_RATE,
        Detector.LOCAL_ORIGIN_FAILURE_PERCENTAGE);
    for (HostHealth host : hosts) {
      host.ejection.relax(now, time);
      host.degradation.relax(now, time);
    }
    arm();
    tell();
  }

  /** Success rates against their mean, failures against their threshold. */
  private void compare(
      OutlierPolicy now,
      Function<HostHealth, SuccessRate> rate,
      Detector bySuccessRate,
      Detector byFailurePercentage) {
    List<HostHealth> forRate = new ArrayList<>();
    List<HostHealth> forPercentage = new ArrayList<>();
    for (HostHealth host : hosts) {
      long volume = rate.apply(host).volume();
      if (host.ejected() || volume == 0) {
        continue;
      }
      if (volume >= now.successRateRequestVolume()) {
        forRate.add(host);
      }
      if (volume >= now.failurePercentageRequestVolume()) {
        forPercentage.add(host);
      }
    }
    if (!forRate.isEmpty() && forRate.size() >= now.successRateMinimumHosts()) {
      double threshold =
          successRateThreshold(
              forRate.stream().mapToDouble(host -> rate.apply(host).percent()).toArray(),
              now.successRateStdevFactor());
      for (HostHealth host : forRate) {
        if (rate.apply(host).percent() < threshold) {
          eject(host, bySuccessRate);
        }
      }
    }
    if (!forPercentage.isEmpty() && forPercentage.size() >= now.failurePercentageMinimumHosts()) {
      for (HostHealth host : forPercentage) {
        if (100 - rate.apply(host).percent() >= now.failurePercentageThreshold()) {
          eject(host, byFailurePercentage);
        }
      }
    }
  }

  /**
   * Below this a success rate is an outlier: the mean less the standard deviation (of the
   * population) times a factor.
   *
   * @param thousandths the factor, 1900 meaning 1.9
   */
  static double successRateThreshold(double[] percents, int thousandths) {
    double sum = 0;
    for (double percent : percents) {
      sum += percent;
    }
    double mean = sum / percents.length;
    double variance = 0;
    for (double percent : percents) {
      variance += (percent - mean) * (percent - mean);
    }
    return mean - thousandths / 1000.0 * Math.sqrt(variance / percents.length);
  }

  private void eject(HostHealth host, Detector by) {
    OutlierPolicy now = policy;
    if (now == null || host.ejected()) {
      return;
    }
    int ejected = ejections();
    double percentAfter = 100.0 * (ejected + 1) / hosts.size();
    boolean room =
        percentAfter <= now.maxEjectionPercent() || (now.alwaysEjectOneHost() && ejected == 0);
    if (!room) {
      listener.overflow();
      return;
    }
    boolean enforced = random.nextInt(100) < enforcing(now, by);
    listener.detected(by, enforced);
    if (!enforced) {
      return;
    }
    long jitterMillis = now.maxEjectionTimeJitter().toMillis();
    host.ejection.begin(
        now,
        jitterMillis == 0
            ? 0
            : Long.remainderUnsigned(random.nextLong(), jitterMillis + 1) * 1_000_000,
        loop.clock().nanoTime());
    listener.ejections(1);
    changed = true;
  }

  private static int enforcing(OutlierPolicy policy, Detector by) {
    return switch (by) {
      case CONSECUTIVE_5XX -> policy.enforcingConsecutive5xx();
      case CONSECUTIVE_GATEWAY_FAILURE -> policy.enforcingConsecutiveGatewayFailure();
      case CONSECUTIVE_LOCAL_ORIGIN_FAILURE -> policy.enforcingConsecutiveLocalOriginFailure();
      case SUCCESS_RATE -> policy.enforcingSuccessRate();
      case LOCAL_ORIGIN_SUCCESS_RATE -> policy.enforcingLocalOriginSuccessRate();
      case FAILURE_PERCENTAGE -> policy.enforcingFailurePercentage();
      case LOCAL_ORIGIN_FAILURE_PERCENTAGE -> policy.enforcingLocalOriginFailurePercentage();
      case DEGRADED, FAILURE_ACCRUAL -> 100;
    };
  }

  private void degrade(HostHealth host) {
    OutlierPolicy now = policy;
    if (now == null || !hosts.contains(host) || host.degradation.running()) {
      return;
    }
    listener.detected(Detector.DEGRADED, true);
    host.degradation.begin(now, 0, loop.clock().nanoTime());
    changed = true;
    tell();
  }

  private void restore(HostHealth host) {
    host.degradation.end(loop.clock().nanoTime());
    changed = true;
  }

  private void back(HostHealth host) {
    host.back(loop.clock().nanoTime());
    listener.ejections(-1);
    changed = true;
  }

  private int ejections() {
    int count = 0;
    for (HostHealth host : hosts) {
      count += host.ejected() ? 1 : 0;
    }
    return count;
  }

  private void tell() {
    if (changed) {
      changed = false;
      listener.changed();
    }
  }
}

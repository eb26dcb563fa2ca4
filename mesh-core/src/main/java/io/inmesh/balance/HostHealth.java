package io.inmesh.balance;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * One host's health as this process judges it: by its answers (outlier detection, failure accrual)
 * and by probes. Survives configurations. Counters are thread-safe; what is decided from them is
 * confined to the control loop.
 */
public final class HostHealth {
  final AtomicInteger consecutive5xx = new AtomicInteger();
  final AtomicInteger consecutiveGateway = new AtomicInteger();
  final AtomicInteger consecutiveLocal = new AtomicInteger();
  final SuccessRate external = new SuccessRate();
  final SuccessRate local = new SuccessRate();
  final Accrual accrual = new Accrual();

  final Suspension ejection = new Suspension();

  /** While its answers said that others are to be preferred. */
  final Suspension degradation = new Suspension();

  private boolean probesFailed;
  private boolean degradedByProbes;

  /** Whether it may take requests, as far as this process can tell. */
  public boolean usable() {
    return !ejection.running() && !probesFailed && accrual.serving();
  }

  /**
   * Whether a request may go to it now; false while a host on probation waits for the answer that
   * decides. For the request path.
   */
  public boolean open() {
    return accrual.open();
  }

  /**
   * A request was assigned to it.
   *
   * @return the request's pass, for its reports, which fits a short; negative if it may not be
   *     sent, as somebody else has the one place there is
   */
  public int enter() {
    return accrual.enter();
  }

  boolean ejected() {
    return ejection.running();
  }

  /** Whether others are to be preferred. */
  boolean degraded() {
    return degradedByProbes || degradation.running();
  }

  /**
   * What active health checks say of it.
   *
   * @return whether that is news
   */
  boolean probed(boolean failed, boolean degraded) {
    boolean news = failed != probesFailed || degraded != degradedByProbes;
    probesFailed = failed;
    degradedByProbes = degraded;
    return news;
  }

  void back(long nowNanos) {
    ejection.end(nowNanos);
    // What did not trip it before must not trip it with the very next failure.
    consecutive5xx.set(0);
    consecutiveGateway.set(0);
    consecutiveLocal.set(0);
  }

  void roll() {
    external.roll();
    local.roll();
  }
}

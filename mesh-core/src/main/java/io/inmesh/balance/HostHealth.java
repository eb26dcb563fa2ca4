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

  private boolean ejected;
  private boolean probesFailed;
  private boolean degradedByProbes;
  private boolean everReturned;
  private long ejectedAt;
  private long returnedAt;
  private long jitterNanos;

  /**
   * How often the base ejection time counts; grows with ejections, shrinks with quiet intervals.
   */
  int multiplier;

  /** Whether it may take requests, as far as this process can tell. */
  public boolean usable() {
    return !ejected && !probesFailed && accrual.serving();
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
   * @return whether it may be sent; false if somebody else has the one place there is
   */
  public boolean enter() {
    return accrual.enter();
  }

  boolean ejected() {
    return ejected;
  }

  /** Whether others are to be preferred. */
  boolean degraded() {
    return degradedByProbes;
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

  void eject(long nowNanos, long jitter) {
    ejected = true;
    ejectedAt = nowNanos;
    jitterNanos = jitter;
  }

  void back(long nowNanos) {
    ejected = false;
    everReturned = true;
    returnedAt = nowNanos;
    // What did not trip it before must not trip it with the very next failure.
    consecutive5xx.set(0);
    consecutiveGateway.set(0);
    consecutiveLocal.set(0);
  }

  /** Whether an ejection of this length is over. */
  boolean served(long lengthNanos, long nowNanos) {
    return lengthNanos + jitterNanos <= nowNanos - ejectedAt;
  }

  /** Whether it has been back, undisturbed, for so long. */
  boolean backFor(long nanos, long nowNanos) {
    return !ejected && everReturned && nowNanos - returnedAt >= nanos;
  }

  void roll() {
    external.roll();
    local.roll();
  }
}

package io.inmesh.balance;

/**
 * The weight that a host's load reports give it. Written by responses, read by the control loop; a
 * report that is read while another is written counts as one of the two. Thread-safe.
 */
public final class ReportedLoad {
  private volatile double weight;
  private volatile long firstAt;
  private volatile long lastAt;
  private volatile boolean known;

  /**
   * The host reported.
   *
   * @param requests per second, all clients together
   * @param errors per second
   * @param utilization of what limits the host: 1 is full
   * @param errorPenalty how much an error per request adds to the utilisation
   */
  public void report(
      double requests, double errors, double utilization, double errorPenalty, long nowNanos) {
    double load = utilization + (requests > 0 ? Math.max(0, errors) / requests * errorPenalty : 0);
    if (!(requests > 0 && load > 0)) {
      return;
    }
    weight = requests / load;
    lastAt = nowNanos;
    if (!known) {
      firstAt = nowNanos;
      known = true;
    }
  }

  /** The weight; 0: none that may be used. An expired one begins a new blackout. */
  double weight(long nowNanos, long blackoutNanos, long expirationNanos) {
    if (!known) {
      return 0;
    }
    if (nowNanos - lastAt >= expirationNanos) {
      known = false;
      return 0;
    }
    return blackoutNanos > 0 && nowNanos - firstAt < blackoutNanos ? 0 : weight;
  }
}

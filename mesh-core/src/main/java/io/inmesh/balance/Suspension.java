package io.inmesh.balance;

import io.inmesh.model.OutlierPolicy;

/**
 * Something that is imposed on a host for a while, longer each time, as Envoy's ejections are.
 * Confined to the control loop, but for whether it is running.
 */
final class Suspension {
  private volatile boolean running;

  /** When it began or ended last. */
  private long since;

  private long jitterNanos;

  /** How often the base time counts; grows each time, shrinks with quiet intervals. */
  int times;

  boolean running() {
    return running;
  }

  void begin(OutlierPolicy policy, long jitter, long nowNanos) {
    running = true;
    since = nowNanos;
    jitterNanos = jitter;
    long base = policy.baseEjectionTime().toNanos();
    if (times * base < policy.maxEjectionTime().toNanos() + base) {
      times++;
    }
  }

  void end(long nowNanos) {
    running = false;
    since = nowNanos;
  }

  /** Whether it has lasted long enough. */
  boolean served(OutlierPolicy policy, long nowNanos) {
    long length =
        Math.min(policy.baseEjectionTime().toNanos() * times, policy.maxEjectionTime().toNanos());
    return running && length + jitterNanos <= nowNanos - since;
  }

  /** An interval is over; if it was a quiet one, the next time will be shorter. */
  void relax(OutlierPolicy policy, long nowNanos) {
    if (times > 0 && !running && nowNanos - since >= policy.interval().toNanos()) {
      times--;
    }
  }
}

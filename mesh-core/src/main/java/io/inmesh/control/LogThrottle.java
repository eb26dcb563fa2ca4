package io.inmesh.control;

import java.util.concurrent.atomic.AtomicLong;

/** Lets one of many repeated messages through per interval. Thread-safe, lock-free. */
public final class LogThrottle {
  private static final long NEVER = Long.MIN_VALUE;

  private final long intervalNanos;
  private final AtomicLong last = new AtomicLong(NEVER);
  private final AtomicLong suppressed = new AtomicLong();

  /** One message per interval. */
  public LogThrottle(long intervalNanos) {
    this.intervalNanos = intervalNanos;
  }

  /**
   * Whether to log now.
   *
   * @return negative: no; else how many messages were left out since the last one
   */
  public long permit(long nowNanos) {
    long before = last.get();
    if ((before == NEVER || nowNanos - before >= intervalNanos)
        && last.compareAndSet(before, nowNanos)) {
      return suppressed.getAndSet(0);
    }
    suppressed.incrementAndGet();
    return -1;
  }
}

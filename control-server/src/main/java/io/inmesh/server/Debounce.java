package io.inmesh.server;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.time.Duration;
import java.util.function.LongConsumer;

/**
 * Gathers a burst of events into one action: runs it once nothing has happened for a quiet time, at
 * the latest when the first event has waited for the cap. Confined to the loop.
 */
final class Debounce {
  private final ControlLoop loop;
  private final LongConsumer action;
  private long quietNanos;
  private long capNanos;
  private boolean waiting;
  private long firstNanos;
  private Cancellable timer = Cancellable.NONE;

  /**
   * Creates a lane.
   *
   * @param action given the time of the first event by the loop's monotonic clock
   */
  Debounce(ControlLoop loop, Duration quiet, Duration cap, LongConsumer action) {
    this.loop = loop;
    this.action = action;
    configure(quiet, cap);
  }

  void configure(Duration quiet, Duration cap) {
    quietNanos = quiet.toNanos();
    capNanos = Math.max(cap.toNanos(), quiet.toNanos());
  }

  /**
   * Something happened.
   *
   * @param leastNanos the action waits at least this long, still bounded by the cap
   */
  void event(long leastNanos) {
    long now = loop.clock().nanoTime();
    if (!waiting) {
      waiting = true;
      firstNanos = now;
    }
    timer.cancel();
    long delay = Math.min(Math.max(quietNanos, leastNanos), firstNanos + capNanos - now);
    timer = loop.schedule(Math.max(0, delay), this::fire);
  }

  private void fire() {
    if (waiting) {
      waiting = false;
      action.accept(firstNanos);
    }
  }
}

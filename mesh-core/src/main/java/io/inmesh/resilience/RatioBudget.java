package io.inmesh.resilience;

import io.inmesh.model.RetryRatio;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A {@link RetryRatio} at work: counts requests and retries in ten slots that together are the
 * window. Thread-safe, lock-free; at the moment a slot is taken into use again a few counts of
 * other threads may get lost.
 */
public final class RatioBudget {
  private static final int SLOTS = 10;

  private final RetryRatio ratio;
  private final long slotNanos;
  private final double floor;
  private final AtomicLongArray epochs = new AtomicLongArray(SLOTS);
  private final AtomicIntegerArray requests = new AtomicIntegerArray(SLOTS);
  private final AtomicIntegerArray retries = new AtomicIntegerArray(SLOTS);

  /** A budget nothing was spent of. */
  public RatioBudget(RetryRatio ratio) {
    this.ratio = ratio;
    this.slotNanos = Math.max(1, ratio.interval().toNanos() / SLOTS);
    this.floor =
        (double) ratio.minCount()
            * ratio.interval().toNanos()
            / Math.max(1, ratio.minInterval().toNanos());
    for (int i = 0; i < SLOTS; i++) {
      epochs.set(i, Long.MIN_VALUE);
    }
  }

  /** What it was made of. */
  public RetryRatio ratio() {
    return ratio;
  }

  /** A request, not a retry, was begun. */
  public void request(long nowNanos) {
    requests.getAndIncrement(slot(nowNanos));
  }

  /** Spends a retry; false: there is none left. */
  public boolean tryRetry(long nowNanos) {
    int slot = slot(nowNanos);
    long oldest = epochs.get(slot) - SLOTS;
    long asked = 0;
    long spent = 0;
    for (int i = 0; i < SLOTS; i++) {
      if (epochs.get(i) > oldest) {
        asked += requests.get(i);
        spent += retries.get(i);
      }
    }
    if (spent + 1 > Math.max(floor, asked * ratio.percent() / 100)) {
      return false;
    }
    retries.getAndIncrement(slot);
    return true;
  }

  private int slot(long nowNanos) {
    long epoch = Math.floorDiv(nowNanos, slotNanos);
    int slot = (int) Math.floorMod(epoch, (long) SLOTS);
    long seen = epochs.get(slot);
    if (seen != epoch && epochs.compareAndSet(slot, seen, epoch)) {
      requests.set(slot, 0);
      retries.set(slot, 0);
    }
    return slot;
  }
}

package io.inmesh.control;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Two counts over a window of time, in ten slots. Thread-safe, lock-free; at the moment a slot is
 * taken into use again a few counts of other threads may get lost.
 */
public final class SlidingCounts {
  private static final int SLOTS = 10;

  private final long slotNanos;
  private final AtomicLongArray epochs = new AtomicLongArray(SLOTS);
  private final AtomicIntegerArray all = new AtomicIntegerArray(SLOTS);
  private final AtomicIntegerArray some = new AtomicIntegerArray(SLOTS);

  /** Nothing counted yet. */
  public SlidingCounts(long windowNanos) {
    slotNanos = Math.max(1, windowNanos / SLOTS);
    for (int i = 0; i < SLOTS; i++) {
      epochs.set(i, Long.MIN_VALUE);
    }
  }

  /** Counts one of the first kind. */
  public void all(long nowNanos) {
    all.getAndIncrement(slot(nowNanos));
  }

  /** Counts one of the second kind. */
  public void some(long nowNanos) {
    some.getAndIncrement(slot(nowNanos));
  }

  /** How many of the first kind the window has. */
  public long countAll(long nowNanos) {
    return sum(all, nowNanos);
  }

  /** How many of the second kind the window has. */
  public long countSome(long nowNanos) {
    return sum(some, nowNanos);
  }

  private long sum(AtomicIntegerArray counts, long nowNanos) {
    long oldest = Math.floorDiv(nowNanos, slotNanos) - SLOTS;
    long sum = 0;
    for (int i = 0; i < SLOTS; i++) {
      if (epochs.get(i) > oldest) {
        sum += counts.get(i);
      }
    }
    return sum;
  }

  private int slot(long nowNanos) {
    long epoch = Math.floorDiv(nowNanos, slotNanos);
    int slot = (int) Math.floorMod(epoch, (long) SLOTS);
    long seen = epochs.get(slot);
    if (seen != epoch && epochs.compareAndSet(slot, seen, epoch)) {
      all.set(slot, 0);
      some.set(slot, 0);
    }
    return slot;
  }
}

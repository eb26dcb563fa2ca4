package io.inmesh.control;

/** Runs tasks after delays. Thread-safe. */
@FunctionalInterface
public interface Timers {
  /** Runs a task after a delay, on a thread of the implementation's choice; it must not block. */
  Cancellable schedule(long delayNanos, Runnable task);
}

package io.inmesh.control;

import java.util.concurrent.Executor;

/**
 * The one thread-like context that owns control state: tasks run one after another, never
 * concurrently. Submitting is thread-safe.
 */
public interface ControlLoop extends Executor, Timers, AutoCloseable {
  /** Runs a task after a delay; the task runs on this loop. */
  @Override
  Cancellable schedule(long delayNanos, Runnable task);

  /** The time that delays are measured with. */
  Clock clock();

  /** Throws {@link IllegalStateException} unless the caller runs on this loop. */
  void checkInLoop();

  /** Drops timers and what is submitted from now on; what was submitted before still runs. */
  @Override
  void close();
}

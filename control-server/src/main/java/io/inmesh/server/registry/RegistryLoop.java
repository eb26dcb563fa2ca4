package io.inmesh.server.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/** The one thread that owns the registry, and its clocks: the seam that tests replace. */
public interface RegistryLoop extends Executor, AutoCloseable {
  /** Runs a task on the loop, in order; silently dropped once the loop is closed. */
  @Override
  void execute(Runnable task);

  /** Runs a task on the loop, not before the delay has passed. */
  void after(Duration delay, Runnable task);

  /** The monotonic clock that leases run by, in nanoseconds; jumps of the wall clock do not count. */
  long nanoTime();

  /** The wall clock, for display. */
  Instant now();

  /** Runs what was queued before, then stops; waits for that. */
  @Override
  void close();
}

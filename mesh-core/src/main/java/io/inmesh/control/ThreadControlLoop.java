package io.inmesh.control;

import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The control loop of a running process: one daemon thread. A task that throws is logged and does
 * not stop the loop; what is submitted after {@link #close} is dropped silently.
 */
public final class ThreadControlLoop implements ControlLoop {
  private static final System.Logger LOG = System.getLogger(ThreadControlLoop.class.getName());
  private static final long CLOSE_SECONDS = 5;

  private final String name;
  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  /** A loop whose thread has this name. */
  public ThreadControlLoop(String name) {
    this.name = name;
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread created = new Thread(task, name);
              created.setDaemon(true);
              thread = created;
              return created;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(() -> run(task));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.TRACE, "dropped: the loop is closed");
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    try {
      ScheduledFuture<?> future =
          executor.schedule(() -> run(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return Cancellable.NONE;
    }
  }

  /** The same thread as an executor service, for libraries that ask for one; never shut it down. */
  public ScheduledExecutorService timers() {
    return executor;
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void checkInLoop() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException("not on the control loop");
    }
  }

  /**
   * Drops timers, runs what was submitted before and waits for that, for at most 5 s; does not wait
   * where it is called on the loop itself.
   */
  @Override
  public void close() {
    executor.shutdown();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "the thread {0} did not end within {1} s", name, CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a task of " + name + " failed", e);
    }
  }
}

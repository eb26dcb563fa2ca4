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
 * not stop the loop. After {@link #close} tasks are dropped silently.
 */
public final class ThreadControlLoop implements ControlLoop {
  private static final System.Logger LOG = System.getLogger(ThreadControlLoop.class.getName());

  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  /** A loop whose thread has this name. */
  public ThreadControlLoop(String name) {
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

  @Override
  public void close() {
    executor.shutdown();
    executor.getQueue().clear();
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a task of the control loop failed", e);
    }
  }
}

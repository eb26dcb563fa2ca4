package io.inmesh.server.registry;

import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;
import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A control loop on a daemon thread of its own. A task that fails is logged and does not end the
 * loop; what is submitted after {@link #close} is dropped.
 */
public final class ServerLoop implements ControlLoop {
  private static final System.Logger LOG = System.getLogger(ServerLoop.class.getName());

  private final ScheduledThreadPoolExecutor executor;
  private volatile Thread thread = Thread.currentThread();

  /** Starts a loop whose thread has this name. */
  public ServerLoop(String name) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread created = new Thread(task, name);
              created.setDaemon(true);
              thread = created;
              return created;
            });
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "dropped a task of a closed loop");
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    try {
      ScheduledFuture<?> future =
          executor.schedule(() -> guarded(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return Cancellable.NONE;
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.ERROR, "a task of " + Thread.currentThread().getName() + " failed", e);
    }
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

  /** Runs what was submitted before, drops timers, and waits for both for at most 5 s. */
  @Override
  public void close() {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "the thread {0} did not end within 5 s", thread.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

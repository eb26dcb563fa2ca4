package io.inmesh.server.ads;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs the tasks of one stream one after another, in order, on a shared pool. */
final class SerialExecutor implements Executor, Runnable {
  private static final System.Logger LOG = System.getLogger(SerialExecutor.class.getName());

  private final Executor pool;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  SerialExecutor(Executor pool) {
    this.pool = pool;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (pending.getAndIncrement() == 0) {
      try {
        pool.execute(this);
      } catch (RejectedExecutionException e) {
        LOG.log(System.Logger.Level.DEBUG, "the engine is closed; a stream's task is dropped");
      }
    }
  }

  @Override
  public void run() {
    do {
      Runnable task = tasks.poll();
      if (task != null) {
        try {
          task.run();
        } catch (RuntimeException | Error e) {
          LOG.log(System.Logger.Level.ERROR, "a task of an ADS stream failed", e);
        }
      }
    } while (pending.decrementAndGet() > 0);
  }
}

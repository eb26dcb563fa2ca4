package io.inmesh.http.exchange;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lends a thread that is blocked in {@code send} to its own exchange, so that a response needs no
 * second thread. What comes after the thread has left runs on the executor behind it.
 */
final class CallerThread implements Executor {
  private final Thread thread = Thread.currentThread();
  private final Executor fallback;
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile boolean left;

  CallerThread(Executor fallback) {
    this.fallback = fallback;
  }

  @Override
  public void execute(Runnable task) {
    if (left) {
      fallback.execute(task);
      return;
    }
    tasks.add(task);
    if (left) {
      handOver();
    } else {
      LockSupport.unpark(thread);
    }
  }

  /** Works until the future is done; only the thread that created this may call it. */
  void await(CompletableFuture<?> future) throws InterruptedException {
    var unused = future.whenComplete((result, failure) -> LockSupport.unpark(thread));
    try {
      while (!future.isDone()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        Runnable task = tasks.poll();
        if (task == null) {
          LockSupport.park(this);
        } else {
          task.run();
        }
      }
    } finally {
      left = true;
      handOver();
    }
  }

  private void handOver() {
    @Nullable Runnable task;
    while ((task = tasks.poll()) != null) {
      fallback.execute(task);
    }
  }
}

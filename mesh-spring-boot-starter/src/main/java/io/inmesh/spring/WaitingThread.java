package io.inmesh.spring;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * The container's thread of one request, which is there to block: while it waits for what others
 * decide, it does for them what they must not wait for. Thread-safe, but for {@link #await}.
 */
final class WaitingThread implements Executor {
  private final Thread thread = Thread.currentThread();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /**
   * Runs a task on this thread: at once if that is the caller's, else while it awaits something.
   */
  @Override
  public void execute(Runnable task) {
    if (Thread.currentThread() == thread) {
      task.run();
    } else {
      tasks.add(task);
      LockSupport.unpark(thread);
    }
  }

  /** What a stage gives; on this thread only. */
  <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
    CompletableFuture<T> result = stage.toCompletableFuture();
    var unused = result.whenComplete((value, failure) -> LockSupport.unpark(thread));
    while (!result.isDone()) {
      Runnable task = tasks.poll();
      if (task != null) {
        task.run();
      } else if (Thread.interrupted()) {
        throw new InterruptedException();
      } else {
        LockSupport.park(this);
      }
    }
    return result.get();
  }
}

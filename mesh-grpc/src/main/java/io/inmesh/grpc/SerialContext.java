package io.inmesh.grpc;

import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one call one at a time, on whichever thread comes first; nobody ever waits. The
 * common case, nobody else being inside, is one compare-and-set and no allocation: {@link
 * #tryEnter}, work, {@link #leave}.
 */
final class SerialContext {
  private static final System.Logger LOG = System.getLogger(SerialContext.class.getName());
  private static final VarHandle CLAIMS;
  private static final VarHandle TASKS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CLAIMS = lookup.findVarHandle(SerialContext.class, "claims", int.class);
      TASKS = lookup.findVarHandle(SerialContext.class, "tasks", ConcurrentLinkedQueue.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The holder, if any, plus the tasks that wait for it; whoever raises it from zero holds it. */
  @SuppressWarnings("unused")
  private volatile int claims;

  private volatile @Nullable ConcurrentLinkedQueue<Runnable> tasks;

  /** Enters if nobody is inside; {@link #leave} must follow. */
  boolean tryEnter() {
    return claims == 0 && CLAIMS.compareAndSet(this, 0, 1);
  }

  /** Leaves, after running what others asked for in the meantime. */
  void leave() {
    if ((int) CLAIMS.getAndAdd(this, -1) != 1) {
      drain();
    }
  }

  /** Runs a task now, or when whoever is inside leaves. */
  void execute(Runnable task) {
    queue().add(task);
    if ((int) CLAIMS.getAndAdd(this, 1) == 0) {
      drain();
    }
  }

  private void drain() {
    ConcurrentLinkedQueue<Runnable> queue = queue();
    do {
      Runnable task = queue.poll();
      try {
        if (task != null) {
          task.run();
        }
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "a task of a call failed", e);
      }
    } while ((int) CLAIMS.getAndAdd(this, -1) != 1);
  }

  private ConcurrentLinkedQueue<Runnable> queue() {
    ConcurrentLinkedQueue<Runnable> queue = tasks;
    if (queue == null) {
      TASKS.compareAndSet(this, null, new ConcurrentLinkedQueue<Runnable>());
      queue = tasks;
    }
    if (queue == null) {
      throw new IllegalStateException("no queue");
    }
    return queue;
  }
}

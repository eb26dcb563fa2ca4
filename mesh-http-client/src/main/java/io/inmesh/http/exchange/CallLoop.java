package io.inmesh.http.exchange;

import io.inmesh.control.Cancellable;
import io.inmesh.http.netty.IoLoop;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The serial context of one call. At first it is the thread that begins the call, which so chooses
 * the endpoint without a thread change; from {@link #settle} on it is the event loop of the first
 * attempt's connection. What other threads submit before then waits in a stack (the superclass).
 */
final class CallLoop extends AtomicReference<Object> {
  private static final long serialVersionUID = 1L;
  private static final Object SETTLED = new Object();

  /** A task that came before there was a loop. */
  private static final class Early implements Cancellable, Runnable {
    final Runnable task;
    final long delayNanos;
    @Nullable Object before;
    volatile boolean cancelled;
    @Nullable Cancellable timer;

    Early(Runnable task, long delayNanos) {
      this.task = task;
      this.delayNanos = delayNanos;
    }

    @Override
    public void run() {
      if (!cancelled) {
        task.run();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  private transient @Nullable IoLoop loop;

  /** Whether the context is the event loop by now. */
  boolean settled() {
    return get() == SETTLED;
  }

  /** Which event loop it is going to be; the first choice counts. */
  void choose(IoLoop wish) {
    if (loop == null) {
      loop = wish;
    }
  }

  /** Whether there is a choice. */
  boolean chosen() {
    return loop != null;
  }

  /** The event loop; chosen by now. */
  IoLoop loop() {
    if (loop == null) {
      throw new IllegalStateException("no loop was chosen");
    }
    return loop;
  }

  /**
   * The context moves from the calling thread to the chosen loop.
   *
   * @param first runs there before what has waited; null: nothing
   */
  void settle(@Nullable Runnable first) {
    IoLoop to = loop();
    Object waiting = getAndSet(SETTLED);
    if (waiting == null && first != null) {
      to.execute(first);
    } else if (waiting != null) {
      to.execute(
          () -> {
            if (first != null) {
              first.run();
            }
            runEarly(to, waiting);
          });
    }
  }

  private static void runEarly(IoLoop loop, Object newest) {
    Early oldestFirst = null;
    Object next = newest;
    while (next instanceof Early early) {
      next = early.before;
      early.before = oldestFirst;
      oldestFirst = early;
    }
    for (Object task = oldestFirst; task instanceof Early early; task = early.before) {
      if (early.delayNanos > 0 && !early.cancelled) {
        early.timer = loop.schedule(early.delayNanos, early);
      } else {
        early.run();
      }
    }
  }

  /** Runs a task in the context, soon; callable from any thread. */
  void execute(Runnable task) {
    if (settled() || !push(new Early(task, 0))) {
      loop().execute(task);
    }
  }

  /** Runs a task in the context after a delay. */
  Cancellable schedule(long delayNanos, Runnable task) {
    if (!settled()) {
      Early early = new Early(task, Math.max(1, delayNanos));
      if (push(early)) {
        return early;
      }
    }
    return loop().schedule(delayNanos, task);
  }

  private boolean push(Early early) {
    Object top = get();
    while (top != SETTLED) {
      early.before = top;
      Object seen = compareAndExchange(top, early);
      if (seen == top) {
        return true;
      }
      top = seen;
    }
    return false;
  }
}

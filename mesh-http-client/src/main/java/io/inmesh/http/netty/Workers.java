package io.inmesh.http.netty;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where application code runs when the application does not say: never on an event loop. */
public final class Workers {
  private static final int SERVER_THREADS = 256;

  private Workers() {}

  /**
   * For a client: virtual threads where there are any, else daemon threads as needed, like the
   * JDK's client. Not bounded, because its tasks may wait for each other.
   */
  public static ExecutorService client() {
    ExecutorService virtual = virtualThreads();
    if (virtual != null) {
      return virtual;
    }
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        30,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        named("inmesh-http-"));
  }

  /** For a server's handlers: virtual threads where there are any, else at most 256 threads. */
  public static ExecutorService server() {
    ExecutorService virtual = virtualThreads();
    if (virtual != null) {
      return virtual;
    }
    return pool(SERVER_THREADS);
  }

  /**
   * Threads that are started when none is idle, up to a number; then tasks wait. (A pool with a
   * queue would start all its threads before it uses one twice.)
   */
  static ThreadPoolExecutor pool(int threads) {
    HandOver tasks = new HandOver();
    return new ThreadPoolExecutor(
        0,
        threads,
        30,
        TimeUnit.SECONDS,
        tasks,
        named("inmesh-serve-"),
        (task, pool) -> {
          if (pool.isShutdown()) {
            throw new RejectedExecutionException("the server is closed");
          }
          tasks.append(task);
        });
  }

  /** Takes a task only if a thread waits for it, unless it is told to. */
  private static final class HandOver extends LinkedTransferQueue<Runnable> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean offer(Runnable task) {
      return tryTransfer(task);
    }

    void append(Runnable task) {
      super.offer(task);
    }
  }

  private static java.util.concurrent.ThreadFactory named(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.getAndIncrement());
      thread.setDaemon(true);
      thread.setContextClassLoader(Workers.class.getClassLoader()); // as IoThreads do
      return thread;
    };
  }

  private static @org.jspecify.annotations.Nullable ExecutorService virtualThreads() {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException | IllegalAccessException before21) {
      return null;
    } catch (InvocationTargetException preview) {
      return null; // Java 19 and 20, where they are a preview
    }
  }
}

package io.inmesh.server.ca;

import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests for certificates, worked off by few threads: renewals before new joiners, and of the
 * renewals first those whose certificate ends first. Bounded; what does not fit is refused at once.
 * Thread-safe.
 */
final class SigningQueue implements AutoCloseable {
  /** The order of those who have no certificate to lose. */
  static final long JOINER = Long.MAX_VALUE;

  private record Task(long order, long number, Runnable work)
      implements Runnable, Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byOrder = Long.compare(order, other.order);
      return byOrder != 0 ? byOrder : Long.compare(number, other.number);
    }

    @Override
    public void run() {
      work.run();
    }
  }

  private final ThreadPoolExecutor executor;
  private final AtomicLong numbers = new AtomicLong();
  private final int capacity;

  SigningQueue(int threads, int capacity) {
    this.capacity = capacity;
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "inmesh-ca");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Queues a request.
   *
   * @param order the smaller, the sooner: when the present certificate ends, or {@link #JOINER}
   * @return false: the queue is full; renewals find room that joiners do not
   */
  boolean offer(long order, Runnable work) {
    int room = order == JOINER ? capacity / 2 : capacity;
    if (executor.getQueue().size() >= room) {
      return false;
    }
    executor.execute(new Task(order, numbers.incrementAndGet(), work));
    return true;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}

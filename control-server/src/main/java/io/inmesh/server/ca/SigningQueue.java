package io.inmesh.server.ca;

import java.time.Duration;
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

  /** What may wait, in bytes of requests, however many they are. */
  private static final long MAX_BYTES = 64 << 20;

  private static final Duration SOONEST = Duration.ofSeconds(1);
  private static final Duration LATEST = Duration.ofSeconds(30);

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
  private final AtomicLong bytes = new AtomicLong();
  private final int threads;
  private final int capacity;
  private volatile long nanosEach = 1_000_000;

  SigningQueue(int threads, int capacity) {
    this.threads = threads;
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
   * @param size of the request in bytes
   * @return false: the queue is full; renewals find room that joiners do not
   */
  boolean offer(long order, int size, Runnable work) {
    int share = order == JOINER ? 2 : 1;
    if (executor.getQueue().size() >= capacity / share || bytes.get() + size > MAX_BYTES / share) {
      return false;
    }
    bytes.addAndGet(size);
    executor.execute(
        new Task(
            order,
            numbers.incrementAndGet(),
            () -> {
              bytes.addAndGet(-size);
              measured(work);
            }));
    return true;
  }

  private void measured(Runnable work) {
    long begun = System.nanoTime();
    work.run();
    long took = System.nanoTime() - begun;
    nanosEach = (nanosEach * 15 + took) / 16; // two threads may overwrite each other: it is a guess
  }

  /** When whoever found no room may try again: roughly when half of what waits is done. */
  Duration retryAfter() {
    Duration half = Duration.ofNanos(nanosEach * executor.getQueue().size() / threads / 2);
    return half.compareTo(SOONEST) < 0 ? SOONEST : half.compareTo(LATEST) > 0 ? LATEST : half;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}

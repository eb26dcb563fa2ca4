package io.inmesh.benchmarks.load;

import java.util.Collections;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests in a closed loop (a fixed number in flight) or an open one (at fixed moments,
 * whether or not earlier ones were answered). Confined to one thread.
 */
final class LoadGenerator implements AutoCloseable {
  private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** An open loop stops sending when so many are unanswered: the peer cannot keep up at all. */
  private static final int MAX_IN_FLIGHT = 20_000;

  private static final long DRAIN_SECONDS = 10;

  /**
   * An open loop sends what is due at moments so far apart. A thread that sleeps before each of
   * 20,000 requests a second takes more of the core than the client does.
   */
  private static final long TICK_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

  /** Failures of a run whose cause is printed. */
  private static final int TOLD = 3;

  private final Client client;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(task -> daemon(task, "load"));
  private final ThreadPoolExecutor generator =
      (ThreadPoolExecutor)
          Executors.newFixedThreadPool(1, task -> daemon(task, ClientProcess.GENERATOR));

  LoadGenerator(Client client) {
    this.client = client;
    generator.prestartCoreThread();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** What one run gathers. */
  private static final class Run {
    final Histogram service = new ConcurrentHistogram(HIGHEST_NANOS, 3);
    final Histogram response = new ConcurrentHistogram(HIGHEST_NANOS, 3);
    final LongAdder failed = new LongAdder();
    final Semaphore slots;
    final int limit;
    final LongAdder sent = new LongAdder();

    Run(int limit) {
      this.limit = limit;
      this.slots = new Semaphore(limit);
    }

    /** Counts a failure; the first ones of a run are told on standard error. */
    void failed(String why) {
      failed.increment();
      if (failed.sum() <= TOLD) {
        System.err.println("a request failed: " + why);
      }
    }

    /** Waits for what is in flight; what never comes counts as failed. */
    void drain() throws InterruptedException {
      if (!slots.tryAcquire(limit, DRAIN_SECONDS, TimeUnit.SECONDS)) {
        int missing = limit - slots.availablePermits();
        System.err.println(
            missing + " requests had no answer " + DRAIN_SECONDS + " s after the last was sent");
        failed.add(missing);
      }
    }

    Sample sample(double seconds, double rate, double cpu, long bytes) {
      return new Sample(
          sent.sum(),
          failed.sum(),
          seconds,
          rate,
          percentiles(service),
          percentiles(rate == 0 ? service : response),
          cpu,
          bytes);
    }

    private static Sample.Percentiles percentiles(Histogram histogram) {
      return new Sample.Percentiles(
          histogram.getValueAtPercentile(50) / 1e3,
          histogram.getValueAtPercentile(90) / 1e3,
          histogram.getValueAtPercentile(99) / 1e3,
          histogram.getValueAtPercentile(99.9) / 1e3,
          histogram.getMaxValue() / 1e3);
    }
  }

  /** The end of one request. */
  private record Ending(Run run, long intended, long sent) implements Client.Completion {
    @Override
    public void done(boolean ok) {
      long now = System.nanoTime();
      if (ok) {
        run.service.recordValue(Math.min(now - sent, HIGHEST_NANOS));
        run.response.recordValue(Math.min(now - intended, HIGHEST_NANOS));
      } else {
        run.failed("not the answer that was expected");
      }
      run.slots.release();
    }

    @Override
    public void failed(Throwable cause) {
      run.failed(cause.toString());
      run.slots.release();
    }
  }

  /** Keeps {@code concurrency} requests in flight. */
  Sample closed(int concurrency, double seconds) throws InterruptedException {
    Run run = new Run(concurrency);
    ProcessUsage before = ProcessUsage.now();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    if (client.blocking()) {
      // A thread for each request in flight, as callers of such a client have.
      threads.invokeAll(
          Collections.nCopies(concurrency, () -> sendUntil(run, end)),
          (long) seconds + DRAIN_SECONDS,
          TimeUnit.SECONDS);
    } else {
      sendUntil(run, end);
    }
    run.drain();
    return finish(run, start, 0, before);
  }

  /** Sends whenever there is a slot; ends early when nothing is answered any more. */
  private @Nullable Void sendUntil(Run run, long end) throws InterruptedException {
    while (System.nanoTime() - end < 0 && run.slots.tryAcquire(DRAIN_SECONDS, TimeUnit.SECONDS)) {
      sendNow(run, System.nanoTime());
    }
    return null;
  }

  /** Sends at fixed moments, from a thread that does nothing else. */
  Sample open(double rate, double seconds) throws InterruptedException, ExecutionException {
    return generator.submit(() -> openNow(rate, seconds)).get();
  }

  private Sample openNow(double rate, double seconds) throws InterruptedException {
    Run run = new Run(MAX_IN_FLIGHT);
    ProcessUsage before = ProcessUsage.now();
    double interval = 1e9 / rate;
    long total = (long) (rate * seconds);
    long start = System.nanoTime();
    for (long i = 0; i < total; i++) {
      long intended = start + (long) (i * interval) / TICK_NANOS * TICK_NANOS;
      long wait;
      while ((wait = intended - System.nanoTime()) > 0) {
        LockSupport.parkNanos(wait);
      }
      if (run.slots.tryAcquire()) {
        if (client.blocking()) {
          threads.execute(() -> sendNow(run, intended));
        } else {
          sendNow(run, intended);
        }
      } else {
        run.sent.increment();
        run.failed(MAX_IN_FLIGHT + " are unanswered");
      }
    }
    run.drain();
    return finish(run, start, rate, before);
  }

  private static Sample finish(Run run, long start, double rate, ProcessUsage before) {
    ProcessUsage used = ProcessUsage.now().since(before);
    return run.sample((System.nanoTime() - start) / 1e9, rate, used.cpuSeconds(), used.bytes());
  }

  private void sendNow(Run run, long intended) {
    run.sent.increment();
    client.send(new Ending(run, intended, System.nanoTime()));
  }

  @Override
  public void close() {
    threads.shutdownNow();
    generator.shutdownNow();
  }
}

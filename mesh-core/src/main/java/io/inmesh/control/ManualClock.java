package io.inmesh.control;

import java.util.ArrayDeque;
import java.util.PriorityQueue;

/**
 * Virtual time: a clock that stands still until it is advanced, and the control loop that runs on
 * it. Makes hours of mesh time pass in milliseconds, the same way each time. Confined to one
 * thread.
 */
public final class ManualClock implements Clock, ControlLoop {
  private static final class Task implements Cancellable {
    final long at;
    final long order;
    final Runnable body;
    boolean cancelled;

    Task(long at, long order, Runnable body) {
      this.at = at;
      this.order = order;
      this.body = body;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private final PriorityQueue<Task> timers =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private long nanos;
  private long epochOffsetMillis = 1_700_000_000_000L;
  private long submitted;
  private boolean running;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public long epochMillis() {
    return epochOffsetMillis + nanos / 1_000_000;
  }

  /** Moves the wall clock without moving time, as an operator or NTP would. */
  public void jumpWallClock(long millis) {
    epochOffsetMillis += millis;
  }

  @Override
  public void execute(Runnable task) {
    ready.add(task);
    drain();
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    Task timer = new Task(nanos + Math.max(0, delayNanos), submitted++, task);
    timers.add(timer);
    return timer;
  }

  /** Advances time, running what falls due on the way in order. */
  public void advanceNanos(long delta) {
    long target = nanos + delta;
    drain();
    while (true) {
      Task next = timers.peek();
      if (next == null || next.at > target) {
        break;
      }
      timers.remove();
      nanos = Math.max(nanos, next.at);
      if (!next.cancelled) {
        execute(next.body);
      }
    }
    nanos = target;
  }

  /** Advances time by milliseconds. */
  public void advanceMillis(long millis) {
    advanceNanos(millis * 1_000_000);
  }

  /** How many timers are pending: zero when nothing leaked. */
  public int pending() {
    timers.removeIf(task -> task.cancelled);
    return timers.size();
  }

  @Override
  public Clock clock() {
    return this;
  }

  @Override
  public void checkInLoop() {
    if (!running) {
      throw new IllegalStateException("not on the control loop");
    }
  }

  @Override
  public void close() {
    timers.clear();
    ready.clear();
  }

  private void drain() {
    if (running) {
      return;
    }
    running = true;
    try {
      Runnable task;
      while ((task = ready.poll()) != null) {
        task.run();
      }
    } finally {
      running = false;
    }
  }
}

package io.inmesh.grpc;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Events on their way to an application, in order, on its executor. {@link #add} and {@link #open}
 * belong to the call's serial context; events run one after another on the executor.
 */
final class OrderedDelivery {
  private final Executor executor;
  private final ArrayDeque<Runnable> held = new ArrayDeque<>(4);
  private final ConcurrentLinkedQueue<Runnable> ready = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  OrderedDelivery(Executor executor) {
    this.executor = executor;
  }

  /** Keeps an event until {@link #open}. */
  void add(Runnable event) {
    held.add(event);
  }

  /** Keeps an event until {@link #open}, before all others that are kept. */
  void addFirst(Runnable event) {
    held.addFirst(event);
  }

  /** Lets all events go that were added so far. */
  void open() {
    Runnable event;
    while ((event = held.poll()) != null) {
      ready.add(event);
      if (size.getAndIncrement() == 0) {
        executor.execute(this::run);
      }
    }
  }

  private void run() {
    do {
      Runnable event = ready.poll();
      if (event != null) {
        event.run();
      }
    } while (size.decrementAndGet() != 0);
  }
}

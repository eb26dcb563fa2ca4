package io.inmesh.server.ads;

import io.inmesh.control.Clock;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/** Measures how long one publication takes until every stream it touches has dealt with it. */
final class PushRound {
  private final Clock clock;
  private final long startedAtNanos;
  private final LongConsumer onFinished;
  // One more than the streams told so far, given back when all were told.
  private final AtomicInteger open = new AtomicInteger(1);

  PushRound(Clock clock, LongConsumer onFinished) {
    this.clock = clock;
    this.startedAtNanos = clock.nanoTime();
    this.onFinished = onFinished;
  }

  long startedAtNanos() {
    return startedAtNanos;
  }

  void begin() {
    open.incrementAndGet();
  }

  void done() {
    if (open.decrementAndGet() == 0) {
      onFinished.accept(clock.nanoTime() - startedAtNanos);
    }
  }
}

package io.inmesh.server;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what happens on another thread or in another process. */
public final class Eventually {
  /** Longer than anything takes on a busy machine; what holds sooner is seen sooner. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private Eventually() {}

  /** Looks until something holds. */
  public static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within " + LIMIT + ": " + what);
      }
      Thread.sleep(5);
    }
  }

  /** The same, for what the line that asks says well enough. */
  public static void await(BooleanSupplier condition) throws InterruptedException {
    await("what the caller waits for", condition);
  }
}

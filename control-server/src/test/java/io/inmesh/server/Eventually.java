package io.inmesh.server;

import io.inmesh.Mesh;
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

  /** Looks until a process that is not ready says why. */
  public static void awaitUnready(Mesh mesh, String why) throws InterruptedException {
    await(why, () -> unreadiness(mesh).contains(why));
  }

  /** What a process says that is not ready; empty: it is. */
  public static String unreadiness(Mesh mesh) {
    return mesh.whenReady(Duration.ofMillis(1))
        .toCompletableFuture()
        .handle((ready, failure) -> failure == null ? "" : String.valueOf(failure.getMessage()))
        .join();
  }

  /** The same, for what the line that asks says well enough. */
  public static void await(BooleanSupplier condition) throws InterruptedException {
    await("what the caller waits for", condition);
  }
}

package io.inmesh.model;

import java.time.Duration;

/**
 * That a server executes requests with the same idempotency key once, and how much it remembers of
 * them.
 *
 * @param ttl how long a response is kept
 * @param maxEntries responses at most
 * @param maxBytes of all responses
 * @param maxResponseBytes a larger response is not kept: its repetition is refused
 */
public record IdempotencyKeys(Duration ttl, int maxEntries, long maxBytes, int maxResponseBytes) {
  /** Ten minutes, 10,000 responses, 64 MiB, 256 KiB each. */
  public static final IdempotencyKeys DEFAULT =
      new IdempotencyKeys(Duration.ofMinutes(10), 10_000, 64L << 20, 256 << 10);
}

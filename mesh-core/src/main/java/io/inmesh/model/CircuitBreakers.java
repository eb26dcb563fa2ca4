package io.inmesh.model;

import org.jspecify.annotations.Nullable;

/**
 * Limits of one process's load on a cluster.
 *
 * @param standard for default priority
 * @param high for high priority
 * @param retryRatio bounds the retries of both priorities over a window; null: where there is no
 *     {@link Limits#retryBudget} either, {@link RetryRatio#DEFAULT}
 */
public record CircuitBreakers(Limits standard, Limits high, @Nullable RetryRatio retryRatio) {
  /** No limits (Istio's default). */
  public static final CircuitBreakers NONE = new CircuitBreakers(Limits.NONE, Limits.NONE);

  /** Limits without a budget over a window. */
  public CircuitBreakers(Limits standard, Limits high) {
    this(standard, high, null);
  }

  /**
   * One set of thresholds.
   *
   * @param maxConnections open connections
   * @param maxPending requests waiting for a connection
   * @param maxRequests requests in flight
   * @param maxRetries retries in flight, when there is no budget
   * @param retryBudget replaces {@code maxRetries}; null: none
   */
  public record Limits(
      int maxConnections,
      int maxPending,
      int maxRequests,
      int maxRetries,
      @Nullable Budget retryBudget) {
    /** No limits. */
    public static final Limits NONE =
        new Limits(
            Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, null);
  }

  /**
   * Envoy's concurrency budget.
   *
   * @param percent of active and pending requests that may be retries
   * @param minConcurrency always allowed
   */
  public record Budget(double percent, int minConcurrency) {}
}

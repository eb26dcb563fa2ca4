package io.inmesh.server.compile;

import io.inmesh.server.config.RoutePolicySpec.RetryAfter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is tried again.
 *
 * @param attempts retries at most; 0 for none at all
 * @param on Envoy's tokens, sorted, those of {@link #IMPLICIT} among them
 * @param codes HTTP statuses that are retried, sorted
 * @param backoffBase null for the default, 25 ms
 * @param backoffMax null for ten times the base
 * @param perTryIdle how long an attempt may be silent; null for any time
 * @param retryAfter what servers say about when to come back; null: they are not heard
 * @param nonIdempotent whether requests may be repeated that may have been processed
 */
record RetryRule(
    int attempts,
    List<String> on,
    List<Integer> codes,
    @Nullable Duration backoffBase,
    @Nullable Duration backoffMax,
    @Nullable Duration perTryIdle,
    @Nullable RetryAfter retryAfter,
    boolean nonIdempotent) {
  /** What is retried unless configured: only what certainly was not processed. */
  static final RetryRule IMPLICIT =
      new RetryRule(
          2,
          List.of("connect-failure", "refused-stream", "reset-before-request"),
          List.of(),
          null,
          null,
          null,
          null,
          false);
}

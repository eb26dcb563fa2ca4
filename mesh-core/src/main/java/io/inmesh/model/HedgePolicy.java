package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a further attempt joins one that has not answered yet; the first good answer wins and the
 * others are cancelled. Applies to requests that may be executed twice.
 *
 * @param maxAttempts in flight for one call, at least 2
 * @param delay after which the next joins; null: by {@code percentile}, or not by time
 * @param percentile of the route's recent latencies that is the delay, above 0 and below 100; 0:
 *     none. Until there are enough of them {@code delay} serves, or there is no hedge
 * @param budgetPercent hedges in percent of the route's calls, over 10 s
 * @param onPerTryTimeout an attempt that exceeds its own time is joined by a retry instead of being
 *     given up (Envoy's {@code hedge_on_per_try_timeout})
 */
public record HedgePolicy(
    int maxAttempts,
    @Nullable Duration delay,
    double percentile,
    double budgetPercent,
    boolean onPerTryTimeout) {
  /** Where the application asks for hedging and no policy does: two attempts, 10 % of calls. */
  public static final HedgePolicy OF_APPLICATIONS = new HedgePolicy(2, null, 0, 10, false);

  /** Only what Envoy has. */
  public static final HedgePolicy ON_PER_TRY_TIMEOUT = new HedgePolicy(2, null, 0, 100, true);
}

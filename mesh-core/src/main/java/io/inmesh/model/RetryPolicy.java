package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When and how a failed attempt is tried again (Envoy's RetryPolicy).
 *
 * @param on condition tokens as Envoy names them, HTTP and gRPC
 * @param retries at most this many after the first attempt; 0: none
 * @param perTryTimeout of each attempt, the first included; null: none
 * @param perTryIdleTimeout without any byte; null: none
 * @param backOffBase first interval
 * @param backOffMax largest interval
 * @param statusCodes for {@code retriable-status-codes}
 * @param retriableHeaders for {@code retriable-headers}: response headers, any match
 * @param requestHeaders only requests that match one of these are retried; empty: all
 * @param avoidPreviousHosts picks another host where there is one
 * @param avoidHosts hosts whose metadata has all of these are not retried on where there are
 *     others; empty: none
 * @param hostSelectionAttempts how often a pick is repeated to find such a host
 * @param avoidPreviousPriorities tries other priorities after this many attempts; 0: never
 * @param rateLimitedResets response headers that say when to come back; empty: ignored
 * @param rateLimitedMax larger values of those are ignored
 * @param nonIdempotentAllowed the operator says that repeating is safe
 * @param backOffLeast at least so long is waited, besides what the intervals say; zero by Envoy's
 *     rules
 */
public record RetryPolicy(
    Set<String> on,
    int retries,
    @Nullable Duration perTryTimeout,
    @Nullable Duration perTryIdleTimeout,
    Duration backOffBase,
    Duration backOffMax,
    Set<Integer> statusCodes,
    List<HeaderMatch> retriableHeaders,
    List<HeaderMatch> requestHeaders,
    boolean avoidPreviousHosts,
    Map<String, String> avoidHosts,
    int hostSelectionAttempts,
    int avoidPreviousPriorities,
    List<ResetHeader> rateLimitedResets,
    Duration rateLimitedMax,
    boolean nonIdempotentAllowed,
    Duration backOffLeast) {
  /**
   * A response header that says when to try again.
   *
   * @param name lower case
   * @param unixTimestamp an absolute time in seconds instead of a number of seconds
   */
  public record ResetHeader(String name, boolean unixTimestamp) {}

  public RetryPolicy {
    on = Set.copyOf(on);
    avoidHosts = Map.copyOf(avoidHosts);
    statusCodes = Set.copyOf(statusCodes);
    retriableHeaders = List.copyOf(retriableHeaders);
    requestHeaders = List.copyOf(requestHeaders);
    rateLimitedResets = List.copyOf(rateLimitedResets);
  }
}

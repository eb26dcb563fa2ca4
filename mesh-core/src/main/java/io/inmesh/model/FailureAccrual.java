package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Linkerd's failure accrual: an endpoint that fails so many times in a row, or succeeds too rarely,
 * takes no requests for a penalty, then exactly one, which decides whether it is back or the
 * penalty doubles. Unlike outlier detection it may take out all endpoints.
 *
 * @param maxFailures in a row
 * @param minPenalty of the first time
 * @param maxPenalty however often it fails
 * @param jitterRatio up to this share of the penalty is added at random
 * @param successRate Linkerd's unified breaker; null: only failures in a row count
 * @param honorRetryAfter whether a penalty lasts at least as long as the response that brought it
 *     asked for, up to {@code maxPenalty}
 */
public record FailureAccrual(
    int maxFailures,
    Duration minPenalty,
    Duration maxPenalty,
    double jitterRatio,
    @Nullable SuccessRate successRate,
    boolean honorRetryAfter) {
  /**
   * How often an endpoint has to succeed. Being refused for too many requests (429, {@code
   * RESOURCE_EXHAUSTED}) is no failure in a row, but no success either; nor does it end a penalty.
   *
   * @param threshold share of requests that succeed, 0 to 1; below it the endpoint is shut
   * @param window of time over which the share is taken
   * @param minRequests with fewer in the window nothing is concluded
   */
  public record SuccessRate(double threshold, Duration window, int minRequests) {}
}

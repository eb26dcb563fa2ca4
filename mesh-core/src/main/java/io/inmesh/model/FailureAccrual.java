package io.inmesh.model;

import java.time.Duration;

/**
 * Linkerd's failure accrual: an endpoint that fails so many times in a row takes no requests for a
 * penalty, then exactly one, which decides whether it is back or the penalty doubles. Unlike
 * outlier detection it may take out all endpoints.
 *
 * @param maxFailures in a row
 * @param minPenalty of the first time
 * @param maxPenalty however often it fails
 * @param jitterRatio up to this share of the penalty is added at random
 */
public record FailureAccrual(
    int maxFailures, Duration minPenalty, Duration maxPenalty, double jitterRatio) {}

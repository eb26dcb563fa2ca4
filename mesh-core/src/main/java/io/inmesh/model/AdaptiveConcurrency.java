package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Envoy's adaptive concurrency with its gradient controller: the number of requests in flight is
 * bounded by how much slower they are than when there are few of them.
 *
 * @param enabled the share of requests it applies to
 * @param percentile of latencies that is compared
 * @param maxLimit of requests in flight
 * @param updateInterval between two limits
 * @param minRttInterval between two measurements of the latency without load
 * @param fixedMinRtt instead of measuring; null: measure
 * @param requestCount requests in a measurement
 * @param jitter percent by which measurements are put off at random
 * @param minConcurrency in flight during a measurement, and always allowed
 * @param buffer percent of latency that is no sign of load yet
 * @param status of a refusal, 503
 */
public record AdaptiveConcurrency(
    Fraction enabled,
    double percentile,
    int maxLimit,
    Duration updateInterval,
    Duration minRttInterval,
    @Nullable Duration fixedMinRtt,
    int requestCount,
    double jitter,
    int minConcurrency,
    double buffer,
    int status) {}

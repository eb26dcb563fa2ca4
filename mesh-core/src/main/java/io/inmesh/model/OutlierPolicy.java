package io.inmesh.model;

import java.time.Duration;

/** Envoy's outlier detection; percentages are 0 to 100, an enforcing value of 0 only counts. */
public record OutlierPolicy(
    int consecutive5xx,
    int enforcingConsecutive5xx,
    int consecutiveGatewayFailure,
    int enforcingConsecutiveGatewayFailure,
    boolean splitLocalOrigin,
    int consecutiveLocalOriginFailure,
    int enforcingConsecutiveLocalOriginFailure,
    int enforcingLocalOriginSuccessRate,
    int enforcingSuccessRate,
    int successRateMinimumHosts,
    int successRateRequestVolume,
    int successRateStdevFactor,
    int enforcingFailurePercentage,
    int failurePercentageThreshold,
    int failurePercentageMinimumHosts,
    int failurePercentageRequestVolume,
    Duration interval,
    Duration baseEjectionTime,
    Duration maxEjectionTime,
    Duration maxEjectionTimeJitter,
    int maxEjectionPercent,
    boolean alwaysEjectOneHost) {}

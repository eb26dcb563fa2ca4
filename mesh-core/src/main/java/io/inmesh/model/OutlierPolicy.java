package io.inmesh.model;

import java.time.Duration;
import java.util.List;

/**
 * Envoy's outlier detection; percentages are 0 to 100, an enforcing value of 0 only counts.
 *
 * @param unejectOnProbe a successful active health check ends an ejection
 * @param errors statuses that count as failures; empty: 500 to 599
 * @param detectDegraded whether hosts that answer {@code x-envoy-degraded} are used only as far as
 *     the others are not enough, for as long as they would be ejected
 */
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
    boolean alwaysEjectOneHost,
    int enforcingLocalOriginFailurePercentage,
    boolean unejectOnProbe,
    List<StatusRange> errors,
    boolean detectDegraded) {
  public OutlierPolicy {
    errors = List.copyOf(errors);
  }

  /** Whether a status counts as a failure. */
  public boolean isError(int status) {
    if (errors.isEmpty()) {
      return status >= 500 && status <= 599;
    }
    for (int i = 0; i < errors.size(); i++) {
      if (errors.get(i).contains(status)) {
        return true;
      }
    }
    return false;
  }
}

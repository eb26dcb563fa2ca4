package io.inmesh.testing;

import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.StatusRange;
import java.time.Duration;
import java.util.List;

/** Outlier policies: Envoy's defaults and what a test changes. Confined to one thread. */
public final class Outliers {
  private int consecutive5xx = 5;
  private int enforcingConsecutive5xx = 100;
  private int consecutiveGatewayFailure = 5;
  private int enforcingConsecutiveGatewayFailure = 0;
  private boolean splitLocalOrigin = false;
  private int consecutiveLocalOriginFailure = 5;
  private final int enforcingConsecutiveLocalOriginFailure = 100;
  private final int enforcingLocalOriginSuccessRate = 100;
  private int enforcingSuccessRate = 100;
  private final int successRateMinimumHosts = 5;
  private final int successRateRequestVolume = 100;
  private final int successRateStdevFactor = 1900;
  private int enforcingFailurePercentage = 0;
  private int failurePercentageThreshold = 85;
  private final int failurePercentageMinimumHosts = 5;
  private final int failurePercentageRequestVolume = 50;
  private Duration interval = Duration.ofSeconds(10);
  private Duration baseEjectionTime = Duration.ofSeconds(30);
  private Duration maxEjectionTime = Duration.ofMinutes(5);
  private Duration maxEjectionTimeJitter = Duration.ZERO;
  private int maxEjectionPercent = 10;
  private boolean alwaysEjectOneHost = false;
  private final int enforcingLocalOriginFailurePercentage = 0;
  private boolean unejectOnProbe = true;
  private List<StatusRange> errors = List.of();
  private boolean detectDegraded = false;

  private Outliers() {}

  /** Envoy's defaults. */
  public static Outliers defaults() {
    return new Outliers();
  }

  /** Replaces {@code consecutive5xx}. */
  public Outliers consecutive5xx(int value) {
    consecutive5xx = value;
    return this;
  }

  /** Replaces {@code enforcingConsecutive5xx}. */
  public Outliers enforcingConsecutive5xx(int value) {
    enforcingConsecutive5xx = value;
    return this;
  }

  /** Replaces {@code consecutiveGatewayFailure}. */
  public Outliers consecutiveGatewayFailure(int value) {
    consecutiveGatewayFailure = value;
    return this;
  }

  /** Replaces {@code enforcingConsecutiveGatewayFailure}. */
  public Outliers enforcingConsecutiveGatewayFailure(int value) {
    enforcingConsecutiveGatewayFailure = value;
    return this;
  }

  /** Replaces {@code splitLocalOrigin}. */
  public Outliers splitLocalOrigin(boolean value) {
    splitLocalOrigin = value;
    return this;
  }

  /** Replaces {@code consecutiveLocalOriginFailure}. */
  public Outliers consecutiveLocalOriginFailure(int value) {
    consecutiveLocalOriginFailure = value;
    return this;
  }

  /** Replaces {@code enforcingSuccessRate}. */
  public Outliers enforcingSuccessRate(int value) {
    enforcingSuccessRate = value;
    return this;
  }

  /** Replaces {@code enforcingFailurePercentage}. */
  public Outliers enforcingFailurePercentage(int value) {
    enforcingFailurePercentage = value;
    return this;
  }

  /** Replaces {@code failurePercentageThreshold}. */
  public Outliers failurePercentageThreshold(int value) {
    failurePercentageThreshold = value;
    return this;
  }

  /** Replaces {@code interval}. */
  public Outliers interval(Duration value) {
    interval = value;
    return this;
  }

  /** Replaces {@code baseEjectionTime}. */
  public Outliers baseEjectionTime(Duration value) {
    baseEjectionTime = value;
    return this;
  }

  /** Replaces {@code maxEjectionTime}. */
  public Outliers maxEjectionTime(Duration value) {
    maxEjectionTime = value;
    return this;
  }

  /** Replaces {@code maxEjectionTimeJitter}. */
  public Outliers maxEjectionTimeJitter(Duration value) {
    maxEjectionTimeJitter = value;
    return this;
  }

  /** Replaces {@code maxEjectionPercent}. */
  public Outliers maxEjectionPercent(int value) {
    maxEjectionPercent = value;
    return this;
  }

  /** Replaces {@code alwaysEjectOneHost}. */
  public Outliers alwaysEjectOneHost(boolean value) {
    alwaysEjectOneHost = value;
    return this;
  }

  /** Whether a successful active health check ends an ejection. */
  public Outliers unejectOnProbe(boolean value) {
    unejectOnProbe = value;
    return this;
  }

  /** Which statuses are errors. */
  public Outliers errors(int first, int last) {
    errors = List.of(new StatusRange(first, last));
    return this;
  }

  /** Whether answers can say that a host is degraded. */
  public Outliers detectDegraded(boolean value) {
    detectDegraded = value;
    return this;
  }

  /** The policy. */
  public OutlierPolicy build() {
    return new OutlierPolicy(
        consecutive5xx,
        enforcingConsecutive5xx,
        consecutiveGatewayFailure,
        enforcingConsecutiveGatewayFailure,
        splitLocalOrigin,
        consecutiveLocalOriginFailure,
        enforcingConsecutiveLocalOriginFailure,
        enforcingLocalOriginSuccessRate,
        enforcingSuccessRate,
        successRateMinimumHosts,
        successRateRequestVolume,
        successRateStdevFactor,
        enforcingFailurePercentage,
        failurePercentageThreshold,
        failurePercentageMinimumHosts,
        failurePercentageRequestVolume,
        interval,
        baseEjectionTime,
        maxEjectionTime,
        maxEjectionTimeJitter,
        maxEjectionPercent,
        alwaysEjectOneHost,
        enforcingLocalOriginFailurePercentage,
        unejectOnProbe,
        errors,
        detectDegraded);
  }
}

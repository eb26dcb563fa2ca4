package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a RoutePolicy says about the endpoints of a Service, where no upstream kind has a word for
 * it.
 *
 * @param algorithm instead of that of a DestinationRule; null: as that says
 * @param hashBalancePercent of consistent hashing: no endpoint gets more than so many percent of
 *     the average; 0: it may
 * @param subsetSize each client uses only so many endpoints; 0: all
 * @param preconnect connections opened or warm for each request in flight; 1: none ahead of need
 * @param predictivePreconnect the same over all endpoints, where the next requests may go; 1: none
 * @param accrual null: off
 * @param comparison ejects endpoints that do worse than the others; null: nothing is compared
 * @param dropPercent callers drop so many calls before they choose an endpoint
 * @param healthCheck probes that every client makes; null: none
 * @param failover services that take calls where this one has too few healthy endpoints, in this
 *     order
 * @param balancerAt where it says how endpoints are chosen
 */
public record EndpointPolicySpec(
    @Nullable Algorithm algorithm,
    int hashBalancePercent,
    int subsetSize,
    double preconnect,
    double predictivePreconnect,
    @Nullable Accrual accrual,
    @Nullable Comparison comparison,
    int dropPercent,
    @Nullable HealthCheckSpec healthCheck,
    List<BackendRef> failover,
    Provenance balancerAt) {
  /** Copies the list. */
  public EndpointPolicySpec {
    failover = List.copyOf(failover);
  }

  /** How an endpoint is picked. */
  public sealed interface Algorithm {
    /** The lower of two latencies. */
    record PeakEwma(Duration decay, Duration defaultRtt, @Nullable Duration failurePenalty)
        implements Algorithm {}

    /**
     * By what endpoints report about their load.
     *
     * @param outOfBand how often they report by themselves; null: with their responses
     */
    record Utilization(
        @Nullable Duration outOfBand,
        Duration blackout,
        Duration expiration,
        Duration update,
        double errorPenalty)
        implements Algorithm {}

    /** The first that works. */
    record PickFirst(boolean shuffle) implements Algorithm {}

    /** A balancer that applications bring; {@code settings} is its JSON. */
    record Custom(String name, String settings) implements Algorithm {}
  }

  /** Linkerd's failure accrual; {@code successRate} null: only failures in a row count. */
  public record Accrual(
      int maxFailures,
      Duration minPenalty,
      Duration maxPenalty,
      double jitterRatio,
      @Nullable RateOverWindow successRate,
      boolean honorRetryAfter) {}

  /** Below which share of successes, over which time, an endpoint is taken out. */
  public record RateOverWindow(double threshold, Duration window, int minRequests) {}

  /** The detectors that Istio's outlier detection has no words for; null: off. */
  public record Comparison(
      @Nullable SuccessRate successRate,
      @Nullable FailurePercentage failurePercentage,
      boolean detectDegraded) {}

  /** Ejects endpoints whose success rate is so many standard deviations below the mean. */
  public record SuccessRate(int minimumHosts, int requestVolume, double stdevFactor) {}

  /** Ejects endpoints that fail so often. */
  public record FailurePercentage(int threshold, int minimumHosts, int requestVolume) {}
}

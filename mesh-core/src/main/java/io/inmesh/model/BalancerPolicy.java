package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How endpoints of a cluster are picked.
 *
 * @param algorithm within a locality
 * @param localityWeighted localities of a priority share by their weights
 * @param panicPercent below this share of healthy hosts all are used; 0: never
 * @param slowStart for hosts that just became healthy; null: none
 */
public record BalancerPolicy(
    Algorithm algorithm,
    boolean localityWeighted,
    double panicPercent,
    @Nullable SlowStart slowStart) {
  /** Power of two choices by active requests, panic at 50 %. */
  public static final BalancerPolicy DEFAULT =
      new BalancerPolicy(new Algorithm.LeastRequest(2, 1.0), false, 50, null);

  /** The rule for one pick. */
  public sealed interface Algorithm {
    /** Weighted, from a random start. */
    record RoundRobin() implements Algorithm {}

    /** The least loaded of {@code choices} random hosts; {@code bias} weighs active requests. */
    record LeastRequest(int choices, double bias) implements Algorithm {}

    /** Weighted random. */
    record Random() implements Algorithm {}

    /** Ketama ring. */
    record RingHash(long minSize, long maxSize) implements Algorithm {}

    /** Maglev table; the size is prime. */
    record Maglev(int tableSize) implements Algorithm {}

    /** The first healthy host. */
    record PickFirst(boolean shuffle) implements Algorithm {}

    /** The lower of two peak-EWMA latencies times pending requests. */
    record PeakEwma(Duration decay, Duration defaultRtt, @Nullable Duration failurePenalty)
        implements Algorithm {}

    /** Weights from reported utilisation (ORCA). */
    record Utilization(
        boolean outOfBand,
        Duration oobPeriod,
        Duration blackout,
        Duration expiration,
        Duration updatePeriod,
        double errorPenalty)
        implements Algorithm {}

    /** A balancer that an application brings, by name. */
    record Custom(String name, RawSettings settings) implements Algorithm {}
  }

  /**
   * Ramps the load of a new host.
   *
   * @param window how long
   * @param aggression 1 is linear
   * @param minWeightPercent at the start
   */
  public record SlowStart(Duration window, double aggression, double minWeightPercent) {}
}

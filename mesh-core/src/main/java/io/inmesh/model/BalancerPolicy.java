package io.inmesh.model;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How endpoints of a cluster are picked.
 *
 * @param algorithm within a locality
 * @param localityWeighted localities of a priority share by their weights
 * @param panicPercent below this share of healthy hosts all are used; 0: never
 * @param slowStart for hosts that just became healthy; null: none
 * @param subsetSize this process uses only so many hosts of a priority, always the same ones; 0:
 *     all
 * @param zoneAware calls of the first priority prefer the caller's locality; null: they do not
 * @param sticky hosts of which health keep the sessions they have
 */
public record BalancerPolicy(
    Algorithm algorithm,
    boolean localityWeighted,
    double panicPercent,
    @Nullable SlowStart slowStart,
    int subsetSize,
    @Nullable ZoneAware zoneAware,
    Set<Endpoint.Health> sticky) {
  /** Which hosts keep their sessions if nothing is said, as with Envoy. */
  public static final Set<Endpoint.Health> STICKY =
      Set.of(Endpoint.Health.HEALTHY, Endpoint.Health.DEGRADED);

  /** Power of two choices by active requests, panic at 50 %. */
  public static final BalancerPolicy DEFAULT =
      new BalancerPolicy(new Algorithm.LeastRequest(2, 1.0), false, 50, null);

  /** A policy that uses all hosts. */
  public BalancerPolicy(
      Algorithm algorithm,
      boolean localityWeighted,
      double panicPercent,
      @Nullable SlowStart slowStart) {
    this(algorithm, localityWeighted, panicPercent, slowStart, 0, null, STICKY);
  }

  public BalancerPolicy {
    sticky = Set.copyOf(sticky);
  }

  /** The same for so many hosts of a priority. */
  public BalancerPolicy withSubset(int size) {
    return new BalancerPolicy(
        algorithm, localityWeighted, panicPercent, slowStart, size, zoneAware, sticky);
  }

  /** The same with other rules for zones. */
  public BalancerPolicy withZoneAware(@Nullable ZoneAware zones) {
    return new BalancerPolicy(
        algorithm, localityWeighted, panicPercent, slowStart, subsetSize, zones, sticky);
  }

  /** The same with others that keep their sessions. */
  public BalancerPolicy withSticky(Set<Endpoint.Health> keepers) {
    return new BalancerPolicy(
        algorithm, localityWeighted, panicPercent, slowStart, subsetSize, zoneAware, keepers);
  }

  /** The rule for one pick. */
  public sealed interface Algorithm {
    /** Whether a request's hash decides. */
    default boolean hashes() {
      return false;
    }

    /** Weighted, from a random start. */
    record RoundRobin() implements Algorithm {}

    /** The least loaded of {@code choices} random hosts; {@code bias} weighs active requests. */
    record LeastRequest(int choices, double bias) implements Algorithm {}

    /** Weighted random. */
    record Random() implements Algorithm {}

    /**
     * Ketama ring.
     *
     * @param minSize places at least
     * @param maxSize places at most
     * @param balancePercent a host gets no more than so many percent of the average; 0: anything
     */
    record RingHash(long minSize, long maxSize, int balancePercent) implements Algorithm {
      /** Hosts get whatever their keys are asked for. */
      public RingHash(long minSize, long maxSize) {
        this(minSize, maxSize, 0);
      }

      @Override
      public boolean hashes() {
        return true;
      }
    }

    /**
     * Maglev table.
     *
     * @param tableSize a prime
     * @param balancePercent a host gets no more than so many percent of the average; 0: anything
     */
    record Maglev(int tableSize, int balancePercent) implements Algorithm {
      /** Hosts get whatever their keys are asked for. */
      public Maglev(int tableSize) {
        this(tableSize, 0);
      }

      @Override
      public boolean hashes() {
        return true;
      }
    }

    /** The first healthy host. */
    record PickFirst(boolean shuffle) implements Algorithm {}

    /**
     * The lower of two peak-EWMA latencies times pending requests, as Linkerd balances.
     *
     * @param decay the time constant with which old latencies are forgotten
     * @param defaultRtt of a host without a measurement
     * @param failurePenalty a failed request counts as one that took at least so long; null: as
     *     long as it took
     */
    record PeakEwma(Duration decay, Duration defaultRtt, @Nullable Duration failurePenalty)
        implements Algorithm {}

    /**
     * Weights from reported utilisation (ORCA), as in gRFC A58.
     *
     * @param outOfBand whether reports come over a stream of their own instead of with responses
     * @param oobPeriod between out-of-band reports
     * @param blackout reports of a new host are not used for so long
     * @param expiration an old report is not used after it
     * @param updatePeriod how often weights are computed
     * @param errorPenalty how much errors per request weigh against a host
     */
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

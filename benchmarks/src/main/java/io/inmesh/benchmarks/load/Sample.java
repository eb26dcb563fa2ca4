package io.inmesh.benchmarks.load;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One measurement.
 *
 * @param sent requests that were begun in the measured time
 * @param failed of those
 * @param seconds how long it took
 * @param rate offered, per second; 0: as fast as responses come
 * @param service percentiles from the moment a request was really sent
 * @param response percentiles from the moment it should have been sent, which keeps a stall from
 *     hiding the requests it delayed; the same as {@code service} in a closed loop
 * @param cpuSeconds of the client process, the load generator included
 * @param allocatedBytes in the client process
 */
public record Sample(
    long sent,
    long failed,
    double seconds,
    double rate,
    Percentiles service,
    Percentiles response,
    double cpuSeconds,
    long allocatedBytes) {
  /** Microseconds. */
  public record Percentiles(double p50, double p90, double p99, double p999, double max) {
    private static Percentiles of(List<Percentiles> all) {
      return new Percentiles(
          median(all, Percentiles::p50),
          median(all, Percentiles::p90),
          median(all, Percentiles::p99),
          median(all, Percentiles::p999),
          median(all, Percentiles::max));
    }

    private static double median(List<Percentiles> all, ToDoubleFunction<Percentiles> of) {
      double[] sorted = all.stream().mapToDouble(of).sorted().toArray();
      return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
  }

  /**
   * Several measurements of one kind of load as one: sums, and of percentiles the medians.
   *
   * @param all at least one
   */
  public static Sample of(List<Sample> all) {
    return new Sample(
        all.stream().mapToLong(Sample::sent).sum(),
        all.stream().mapToLong(Sample::failed).sum(),
        all.stream().mapToDouble(Sample::seconds).sum(),
        all.get(0).rate,
        Percentiles.of(all.stream().map(Sample::service).toList()),
        Percentiles.of(all.stream().map(Sample::response).toList()),
        all.stream().mapToDouble(Sample::cpuSeconds).sum(),
        all.stream().mapToLong(Sample::allocatedBytes).sum());
  }
}

package io.inmesh.benchmarks.load;

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
  public record Percentiles(double p50, double p90, double p99, double p999, double max) {}
}

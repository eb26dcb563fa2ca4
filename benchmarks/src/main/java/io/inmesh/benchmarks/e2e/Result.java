package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Sample;
import io.inmesh.benchmarks.load.Sample.Percentiles;
import io.inmesh.benchmarks.report.Interval;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One cell of one peer in one round of one fork.
 *
 * @param group of peers that were measured in turns
 * @param peer its name
 * @param fork from 0; every fork has processes of its own
 * @param cell its name
 * @param round from 0; all peers of a round were measured within seconds of each other
 * @param sample what the client process measured
 * @param cpuSeconds by role ({@code client}, {@code server}, {@code proxies}, {@code compilers}) in
 *     the measured time
 * @param rssMegabytes by role, at its end
 */
record Result(
    String group,
    String peer,
    int fork,
    String cell,
    int round,
    Sample sample,
    Map<String, Double> cpuSeconds,
    Map<String, Double> rssMegabytes) {
  /**
   * Rounds of one peer and fork as one: sums, and of percentiles the medians.
   *
   * @param rounds at least one
   */
  static Result of(List<Result> rounds) {
    Result first = rounds.get(0);
    Map<String, Double> cpu = new LinkedHashMap<>();
    rounds.forEach(
        round -> round.cpuSeconds.forEach((role, used) -> cpu.merge(role, used, Double::sum)));
    return new Result(
        first.group,
        first.peer,
        first.fork,
        first.cell,
        first.round,
        sum(rounds.stream().map(Result::sample).toList()),
        cpu,
        rounds.get(rounds.size() - 1).rssMegabytes);
  }

  private static Sample sum(List<Sample> all) {
    return new Sample(
        all.stream().mapToLong(Sample::sent).sum(),
        all.stream().mapToLong(Sample::failed).sum(),
        all.stream().mapToDouble(Sample::seconds).sum(),
        all.get(0).rate(),
        medians(all.stream().map(Sample::service).toList()),
        medians(all.stream().map(Sample::response).toList()),
        all.stream().mapToDouble(Sample::cpuSeconds).sum(),
        all.stream().mapToLong(Sample::allocatedBytes).sum());
  }

  private static Percentiles medians(List<Percentiles> all) {
    return new Percentiles(
        median(all, Percentiles::p50),
        median(all, Percentiles::p90),
        median(all, Percentiles::p99),
        median(all, Percentiles::p999),
        median(all, Percentiles::max));
  }

  private static double median(List<Percentiles> all, Function<Percentiles, Double> of) {
    return Interval.of(all.stream().map(of).toList()).median();
  }

  /** Of one role, per request. */
  double cpuMicros(String role) {
    return cpuSeconds.getOrDefault(role, 0.0) * 1e6 / Math.max(1, sample.sent());
  }

  /** Of all processes on the path, per request. */
  double cpuMicros() {
    return cpuMicros("client") + cpuMicros("server") + cpuMicros("proxies");
  }

  double clientCpu() {
    return cpuMicros("client");
  }

  double serverCpu() {
    return cpuMicros("server");
  }

  /** What a call itself took, in microseconds. */
  double p50() {
    return sample.service().p50();
  }

  /** From when it should have been sent, in microseconds. */
  double p99() {
    return sample.response().p99();
  }

  /** What compiled meanwhile, in cores: on more than a tenth the peer was not warm. */
  double compiling() {
    return cpuSeconds.getOrDefault("compilers", 0.0) / sample.seconds();
  }

  /** Whether another peer was measured beside it. */
  boolean sameRound(Result other) {
    return group.equals(other.group) && fork == other.fork && round == other.round;
  }

  /** Whether it was answered: at more than a failure in a thousand, what is measured is failing. */
  boolean sound() {
    return sample.failed() * 1000 <= sample.sent();
  }

  double perSecond() {
    return (sample.sent() - sample.failed()) / sample.seconds();
  }

  double bytesPerRequest() {
    return (double) sample.allocatedBytes() / Math.max(1, sample.sent());
  }
}

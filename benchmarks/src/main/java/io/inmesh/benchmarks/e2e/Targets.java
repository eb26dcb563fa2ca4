package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import io.inmesh.benchmarks.report.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a run says about the targets of calls. */
public final class Targets {
  /** The kinds of load that they are about. */
  static final List<Cell> CELLS = List.of(Cell.SATURATION, Cell.HALF, Cell.LIGHT);

  private static final int FORKS = 5;

  private final Results results;
  private final String source;
  private final List<Target> all = new ArrayList<>();

  private Targets(Results results, String source) {
    this.results = results;
    this.source = source;
  }

  /** Those of a run, whether it was made or not. */
  public static List<Target> of(Path directory, String run) throws IOException {
    return of(
        Results.open(directory.resolve(run).resolve("results.jsonl")), run + "/results.jsonl");
  }

  static List<Target> of(Results results, String source) {
    return new Targets(results, source).rows();
  }

  private List<Target> rows() {
    same("transport-again", "transport");
    same("grpc-again", "grpc-round-robin");
    engine("plaintext", "inmesh", "transport", 5, 30, 1.05);
    engine(
        "mTLS, metrics, 1 % traces against TLS",
        "inmesh-tls-telemetry", "transport-tls", 10, 50, 1.10);
    client("inmesh", "jdk", 0.6);
    client("inmesh-tls-telemetry", "hc5-tls", 1.0);
    client("inmesh-h2", "armeria", 0.8);
    client("inmesh", "spring-cloud", 0.5);
    client("inmesh-grpc", "grpc-xds", 1.0);
    row(
        "bytes per RPC of the client, `inmesh-grpc` against `grpc-xds`",
        0.7,
        "%.2f ×",
        ratio("inmesh-grpc", "grpc-xds", Cell.SATURATION, Result::bytesPerRequest));
    inbound("inmesh-tls-policies", "inmesh-tls");
    inbound("inmesh-grpc-tls-policies", "inmesh-grpc-tls");
    sidecars();
    return List.copyOf(all);
  }

  /** What the machine makes of the same peer twice. */
  private void same(String again, String peer) {
    String name = "A/A, `" + again + "` against `" + peer + "`: ";
    difference(
        name + "CPU of all processes",
        1,
        "%.2f ×",
        ratio(again, peer, Cell.SATURATION, Result::cpuMicros));
    for (Cell cell : List.of(Cell.LIGHT, Cell.HALF)) {
      difference(
          name + "added p50, " + cell.name(), 0, "%.1f µs", added(again, peer, cell, Result::p50));
      difference(
          name + "added p99, " + cell.name(), 0, "%.0f µs", added(again, peer, cell, Result::p99));
    }
  }

  private void engine(String what, String mine, String base, double p50, double p99, double cpu) {
    String name = "engine cost, " + what + ": ";
    for (Cell cell : List.of(Cell.LIGHT, Cell.HALF)) {
      row(name + "added p50, " + cell.name(), p50, "%.1f µs", added(mine, base, cell, Result::p50));
      row(name + "added p99, " + cell.name(), p99, "%.0f µs", added(mine, base, cell, Result::p99));
    }
    row(
        name + "CPU of all processes",
        cpu,
        "%.2f ×",
        ratio(mine, base, Cell.SATURATION, Result::cpuMicros));
  }

  private void client(String mine, String other, double limit) {
    row(
        "CPU per request of the client process, `" + mine + "` against `" + other + "`",
        limit,
        "%.2f ×",
        ratio(mine, other, Cell.SATURATION, Result::clientCpu));
  }

  private void inbound(String mine, String other) {
    row(
        "CPU per request of the server, `" + mine + "` against `" + other + "`",
        1.08,
        "%.2f ×",
        ratio(mine, other, Cell.SATURATION, Result::serverCpu));
  }

  /** What the mesh adds to a direct call, as a part of what a pair of sidecars adds. */
  private void sidecars() {
    String name = "latency added by the mesh with mutual TLS, against a pair of Envoys with it: ";
    row(name + "p50", 0.05, "%.3f ×", share(Result::p50));
    row(name + "p99", 0.05, "%.3f ×", share(Result::p99));
    row(
        "CPU of all processes, `inmesh-tls` against `envoy-both-tls`",
        1 / 3.0,
        "%.2f ×",
        ratio("inmesh-tls", "envoy-both-tls", Cell.SATURATION, Result::cpuMicros));
  }

  private Interval share(ToDoubleFunction<Result> of) {
    return results.compared(
        Cell.HALF,
        List.of("inmesh-tls", "envoy-both-tls", "transport"),
        round -> {
          double none = of.applyAsDouble(round.get(2));
          return (of.applyAsDouble(round.get(0)) - none) / (of.applyAsDouble(round.get(1)) - none);
        });
  }

  private Interval added(String mine, String base, Cell cell, ToDoubleFunction<Result> of) {
    return results.latency(mine, base, cell, (a, b) -> of.applyAsDouble(a) - of.applyAsDouble(b));
  }

  private Interval ratio(String mine, String base, Cell cell, ToDoubleFunction<Result> of) {
    return results.cost(mine, base, cell, (a, b) -> of.applyAsDouble(a) / of.applyAsDouble(b));
  }

  private void row(String what, double limit, String format, Interval measured) {
    all.add(Target.limited(what, limit, format, measured, FORKS, source));
  }

  private void difference(String what, double none, String format, Interval measured) {
    all.add(Target.difference(what, none, format, measured, FORKS, source));
  }
}

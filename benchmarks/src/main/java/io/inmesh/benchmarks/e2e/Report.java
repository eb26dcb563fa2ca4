package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Tables in Markdown: medians of all forks, and what a peer adds to its baseline, fork by fork. */
final class Report {
  private static final String ABSOLUTE =
      """
      | peer | req/s | p50 µs | p90 µs | p99 µs | p99.9 µs | CPU µs/req | client | server | proxies | client B/req | RSS MB: client | server | proxies | compilers | failed |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      """;
  private static final String RELATIVE =
      """

      | peer | against | added p50 µs | added p99 µs | CPU ratio | bytes ratio |
      | --- | --- | --- | --- | --- | --- |
      """;

  private final Results results;
  private final List<Peer> peers;
  private final List<Cell> cells;

  Report(Results results, List<Peer> peers, List<Cell> cells) {
    this.results = results;
    this.peers = peers;
    this.cells = cells;
  }

  /** The whole report. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    for (Cell cell : cells) {
      if (peers.stream().allMatch(peer -> results.of(peer.name(), cell).isEmpty())) {
        text.append("\n### ").append(cell.name()).append("\n\nNot measured.\n");
        continue;
      }
      text.append("\n### ").append(cell.name()).append("\n\n").append(ABSOLUTE);
      for (Peer peer : peers) {
        absolute(text, peer, cell);
      }
      text.append(RELATIVE);
      for (Peer peer : peers) {
        relative(text, peer, cell);
      }
    }
    return text.toString();
  }

  private void absolute(StringBuilder text, Peer peer, Cell cell) {
    List<Result> mine = results.of(peer.name(), cell);
    if (mine.isEmpty()) {
      return;
    }
    long failed = mine.stream().mapToLong(result -> result.sample().failed()).sum();
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f | %.1f | %.1f | %.1f | %.0f | %.0f |"
                + " %.0f | %.0f | %.0f %% | %d |%n",
            peer.name(),
            median(mine, Result::perSecond),
            median(mine, Result::p50),
            median(mine, result -> result.sample().response().p90()),
            median(mine, Result::p99),
            median(mine, result -> result.sample().response().p999()),
            median(mine, Result::cpuMicros),
            median(mine, result -> result.cpuMicros("client")),
            median(mine, result -> result.cpuMicros("server")),
            median(mine, result -> result.cpuMicros("proxies")),
            median(mine, Result::bytesPerRequest),
            median(mine, result -> result.rssMegabytes().getOrDefault("client", 0.0)),
            median(mine, result -> result.rssMegabytes().getOrDefault("server", 0.0)),
            median(mine, result -> result.rssMegabytes().getOrDefault("proxies", 0.0)),
            100 * median(mine, Result::compiling),
            failed));
  }

  private static double median(List<Result> of, ToDoubleFunction<Result> value) {
    return Interval.of(of.stream().map(value::applyAsDouble).toList()).median();
  }

  private void relative(StringBuilder text, Peer peer, Cell cell) {
    if (peer.baseline().equals(peer.name())) {
      return;
    }
    String base = peer.baseline();
    Interval p50 = results.latency(peer.name(), base, cell, (a, b) -> a.p50() - b.p50());
    if (Double.isNaN(p50.median())) {
      return;
    }
    Interval p99 = results.latency(peer.name(), base, cell, (a, b) -> a.p99() - b.p99());
    Interval cpu = results.cost(peer.name(), base, cell, (a, b) -> a.cpuMicros() / b.cpuMicros());
    Interval bytes =
        results.cost(peer.name(), base, cell, (a, b) -> a.bytesPerRequest() / b.bytesPerRequest());
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %s | %s | %s | %s | %s |%n",
            peer.name(),
            base,
            resolved(p50, 0, "%.1f"),
            resolved(p99, 0, "%.0f"),
            resolved(cpu, 1, "%.2f"),
            resolved(bytes, 1, "%.2f")));
  }

  /** A difference that its interval does not tell from none is not one. */
  private static String resolved(Interval interval, double none, String format) {
    return interval.text(format) + (interval.holds(none) ? " no difference resolved" : "");
  }
}

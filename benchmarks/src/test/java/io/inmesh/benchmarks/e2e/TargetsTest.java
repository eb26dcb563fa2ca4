package io.inmesh.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.benchmarks.load.Sample;
import io.inmesh.benchmarks.report.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetsTest {
  private static final String ADDED_P50 = "engine cost, plaintext: added p50, " + Cell.HALF.name();

  @TempDir Path directory;
  private Results results;

  @BeforeEach
  void open() throws IOException {
    results = Results.open(directory.resolve("results.jsonl"));
  }

  private final List<Result> found = new ArrayList<>();

  private void measured(String peer, int fork, int round, double p50, long failed) {
    Sample.Percentiles took = new Sample.Percentiles(p50, p50, p50, p50, p50);
    Sample sample = new Sample(10_000, failed, 1, 0, took, took, 1, 1);
    found.add(
        new Result(
            "http", peer, fork, Cell.HALF.name(), round, sample, Map.of("client", 1.0), Map.of()));
  }

  private void used(String peer, int fork, int round, double cpuSeconds) {
    Sample.Percentiles took = new Sample.Percentiles(1, 1, 1, 1, 1);
    Sample sample = new Sample(10_000, 0, 1, 0, took, took, 1, 1);
    found.add(
        new Result(
            "http",
            peer,
            fork,
            Cell.SATURATION.name(),
            round,
            sample,
            Map.of("client", cpuSeconds),
            Map.of()));
  }

  private Target target() throws IOException {
    results.add(found);
    found.clear();
    return target(ADDED_P50);
  }

  private Target target(String what) {
    return Targets.of(results, "results.jsonl").stream()
        .filter(target -> target.what().equals(what))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void difference_isHeldAgainstItsLimit() throws IOException {
    for (int fork = 0; fork < 5; fork++) {
      measured("transport", fork, 0, 100, 0);
      measured("inmesh", fork, 0, 103, 1);
    }
    assertThat(target().measured().median()).isEqualTo(3);
    assertThat(target().verdict()).isEqualTo("**met**");
  }

  @Test
  void roundsOfAFork_countAsTheirMedian_withoutThoseThatLostRequests() throws IOException {
    for (int fork = 0; fork < 5; fork++) {
      for (int round = 0; round < 4; round++) {
        measured("transport", fork, round, 100 * (round + 1), round == 3 ? 5_000 : 0);
        measured("inmesh", fork, round, 100 * (round + 1) + round, 0);
      }
    }
    assertThat(target().measured().median()).isEqualTo(1);
    assertThat(target().measured().values()).isEqualTo(5);
  }

  @Test
  void usage_isSummedOverTheRoundsOfAFork() throws IOException {
    for (int fork = 0; fork < 5; fork++) {
      for (int round = 0; round < 3; round++) {
        used("transport", fork, round, 1);
        used("inmesh", fork, round, round == 2 ? 4 : 1); // a collection of garbage in one of three
      }
    }
    results.add(found);
    assertThat(target("engine cost, plaintext: CPU of all processes").measured().median())
        .isEqualTo(2);
  }

  @Test
  void baselineThatLostRequests_isNoBaseline() throws IOException {
    for (int fork = 0; fork < 5; fork++) {
      measured("transport", fork, 0, 500_000, 5_000);
      measured("inmesh", fork, 0, 103, 0);
    }
    assertThat(target().verdict()).isEqualTo("not measured");
  }

  @Test
  void fewerForksThanFive_concludeNothing() throws IOException {
    measured("transport", 0, 0, 100, 0);
    measured("inmesh", 0, 0, 103, 0);
    assertThat(target().verdict()).isEqualTo("not resolved: 1 of 5 forks");
  }
}

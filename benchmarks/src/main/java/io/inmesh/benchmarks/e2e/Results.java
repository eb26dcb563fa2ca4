package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;

/** All results so far, on disk as they come, so that an interrupted run can go on. */
final class Results {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final List<Result> all = new ArrayList<>();

  private Results(Path file) {
    this.file = file;
  }

  /** Opens a file of one JSON object a line; what is in it is known already. */
  static Results open(Path file) throws IOException {
    Results results = new Results(file);
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        results.all.add(JSON.readValue(line, Result.class));
      }
    }
    return results;
  }

  /** Adds all rounds of a cell of a group's fork. */
  void add(List<Result> rounds) throws IOException {
    all.addAll(rounds);
    Files.write(
        file,
        rounds.stream().map(JSON::writeValueAsString).toList(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Whether something of a group's fork has been measured in a cell. */
  boolean has(Group group, int fork, Cell cell) {
    return all.stream()
        .anyMatch(
            result ->
                result.group().equals(group.name())
                    && result.fork() == fork
                    && result.cell().equals(cell.name()));
  }

  /** The rounds of a peer in a cell, of all forks and groups. */
  private List<Result> rounds(String peer, Cell cell) {
    return all.stream()
        .filter(result -> result.peer().equals(peer) && result.cell().equals(cell.name()))
        .toList();
  }

  /** Those of a peer in a cell, one for each fork of each group. */
  List<Result> of(String peer, Cell cell) {
    Map<String, List<Result>> forks = new LinkedHashMap<>();
    for (Result round : rounds(peer, cell)) {
      forks
          .computeIfAbsent(round.group() + " " + round.fork(), fork -> new ArrayList<>())
          .add(round);
    }
    return forks.values().stream().map(Result::of).toList();
  }

  /** That of a peer of a group in one fork. */
  Optional<Result> of(Group group, String peer, int fork, Cell cell) {
    return of(peer, cell).stream()
        .filter(result -> result.group().equals(group.name()) && result.fork() == fork)
        .findFirst();
  }

  /**
   * Compares what peers used, fork by fork: sums over the rounds, so that nothing that happens now
   * and then is lost.
   */
  Interval cost(String mine, String other, Cell cell, ToDoubleBiFunction<Result, Result> compare) {
    List<Double> values = new ArrayList<>();
    for (Result result : of(mine, cell)) {
      of(other, cell).stream()
          .filter(result::sameRound)
          .filter(base -> base.sound() && result.sound())
          .forEach(base -> values.add(compare.applyAsDouble(result, base)));
    }
    return Interval.of(values);
  }

  /** Compares how long calls of two peers took; see {@link #compared}. */
  Interval latency(
      String mine, String other, Cell cell, ToDoubleBiFunction<Result, Result> compare) {
    return compared(
        cell, List.of(mine, other), round -> compare.applyAsDouble(round.get(0), round.get(1)));
  }

  /**
   * Compares peers round by round. Of each fork the median of its rounds counts; a round in which
   * one of them lost requests says nothing.
   *
   * @param compare given one round of the peers, in their order
   */
  Interval compared(Cell cell, List<String> peers, ToDoubleFunction<List<Result>> compare) {
    Map<Integer, List<Double>> byFork = new TreeMap<>();
    for (Result first : rounds(peers.get(0), cell)) {
      List<Result> round =
          peers.stream()
              .flatMap(peer -> rounds(peer, cell).stream().filter(first::sameRound))
              .filter(Result::sound)
              .toList();
      if (round.size() == peers.size()) {
        byFork
            .computeIfAbsent(first.fork(), fork -> new ArrayList<>())
            .add(compare.applyAsDouble(round));
      }
    }
    return Interval.of(
        byFork.values().stream().map(rounds -> Interval.of(rounds).median()).toList());
  }
}

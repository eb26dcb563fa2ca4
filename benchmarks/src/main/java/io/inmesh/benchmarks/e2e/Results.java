package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** Puts the results of a cell of a group's fork in the place of those that there are. */
  void replace(String group, int fork, Cell cell, List<Result> found) throws IOException {
    all.removeIf(
        result ->
            result.group().equals(group)
                && result.fork() == fork
                && result.cell().equals(cell.name()));
    all.addAll(found);
    List<String> lines = all.stream().map(JSON::writeValueAsString).toList();
    Path written = file.resolveSibling(file.getFileName() + ".part");
    Files.write(written, lines);
    Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The rounds of a peer in a cell, of all forks and groups. */
  List<Result> of(String peer, Cell cell) {
    return all.stream()
        .filter(result -> result.peer().equals(peer) && result.cell().equals(cell.name()))
        .toList();
  }

  /** The rounds of a peer of a group in a cell of one fork. */
  List<Result> of(Group group, String peer, int fork, Cell cell) {
    return of(peer, cell).stream()
        .filter(result -> result.group().equals(group.name()) && result.fork() == fork)
        .toList();
  }

  /** Compares two peers; see {@link #compared}. */
  Interval paired(
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
    for (Result first : of(peers.get(0), cell)) {
      List<Result> round =
          peers.stream()
              .flatMap(peer -> of(peer, cell).stream().filter(first::sameRound))
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

package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleBiFunction;
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

  void add(Result result) throws IOException {
    all.add(result);
    Files.writeString(
        file,
        JSON.writeValueAsString(result) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** What was measured of a peer in a cell in one fork. */
  Optional<Result> of(String peer, int fork, Cell cell) {
    return of(peer, cell).stream().filter(result -> result.fork() == fork).findFirst();
  }

  /** Those of a peer in a cell, by fork. */
  List<Result> of(String peer, Cell cell) {
    return all.stream()
        .filter(result -> result.peer().equals(peer) && result.cell().equals(cell.name()))
        .toList();
  }

  /** Compares two peers fork by fork; one that lost requests is compared with nothing. */
  Interval paired(
      String mine, String other, Cell cell, ToDoubleBiFunction<Result, Result> compare) {
    List<Double> values = new ArrayList<>();
    for (Result result : of(mine, cell)) {
      of(other, result.fork(), cell)
          .filter(base -> base.sound() && result.sound())
          .ifPresent(base -> values.add(compare.applyAsDouble(result, base)));
    }
    return Interval.of(values);
  }
}

package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The comparison from the command line. */
@Command(
    name = "benchmarks/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares peers end to end in one run: every fork starts each peer's processes anew, in"
          + " another",
      "order, warms it up and measures every cell. Prints tables and writes results.jsonl,"
          + " report.md",
      "and cpu.svg. Exit code 0: measured; 1: a peer could not be measured; 2: wrong usage."
    })
public final class Bench implements Callable<Integer> {
  private static final List<Cell> QUICK = List.of(Cell.open(1000), Cell.closed(16));
  private static final List<Cell> FULL =
      List.of(Cell.open(1000), Cell.open(4000), Cell.closed(1), Cell.closed(16), Cell.closed(64));

  @Option(names = "--quick", description = "Two cells (open loop 1000/s, closed loop 16), short.")
  private boolean quick;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "NAME",
      description = "Only these, and the baselines they are compared with; see --list.")
  private List<String> names = List.of();

  @Option(names = "--forks", paramLabel = "N", description = "Times each peer is started; 5.")
  private int forks = 5;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "For the results; a run into a directory that has some goes on with the rest.")
  private Path out = Path.of("target", "results");

  @Option(names = "--list", description = "Lists the peers and what is missing for them.")
  private boolean list;

  private final List<Peer> peers = new ArrayList<>();
  private int failures;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Bench())
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                  command.getErr().println("benchmarks/run: " + failure.getMessage());
                  return failure instanceof IllegalArgumentException ? 2 : 1;
                })
            .execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (list) {
      for (Peer peer : Peers.all()) {
        System.out.printf(
            "%-18s %s%s%n",
            peer.name(),
            peer.description(),
            peer.missing().map(why -> "  [skipped: " + why + "]").orElse(""));
      }
      return 0;
    }
    choose();
    List<Cell> cells = quick ? QUICK : FULL;
    Files.createDirectories(out);
    Results results = Results.open(out.resolve("results.jsonl"));
    measure(results, cells);
    String report = new Machine().describe() + new Report(results, peers, cells).markdown();
    Files.writeString(out.resolve("report.md"), report);
    Files.writeString(
        out.resolve("cpu.svg"), Chart.svg(results, peers, cells.get(cells.size() - 1)));
    System.out.println(report);
    System.out.println("written to " + out.toAbsolutePath());
    return failures == 0 ? 0 : 1;
  }

  private void choose() {
    List<Peer> wanted = names.isEmpty() ? Peers.all() : new ArrayList<>(Peers.named(names));
    for (Peer peer : Peers.all()) {
      boolean needed = wanted.stream().anyMatch(other -> other.baseline().equals(peer.name()));
      if (!wanted.contains(peer) && !needed) {
        continue;
      }
      Optional<String> missing = peer.missing();
      if (missing.isPresent()) {
        System.out.println(peer.name() + " is skipped: " + missing.get());
      } else {
        peers.add(peer);
      }
    }
  }

  private void measure(Results results, List<Cell> cells) throws IOException, InterruptedException {
    int total = forks * peers.size();
    int done = 0;
    for (int fork = 0; fork < forks; fork++) {
      List<Peer> order = new ArrayList<>(peers);
      Collections.shuffle(order, new Random(fork));
      for (Peer peer : order) {
        System.out.printf("[%d/%d] fork %d: %s%n", ++done, total, fork + 1, peer.name());
        if (!results.complete(peer.name(), fork, cells)) {
          fork(results, peer, fork, cells);
        }
      }
    }
  }

  private void fork(Results results, Peer peer, int fork, List<Cell> cells)
      throws IOException, InterruptedException {
    Path scratch = Files.createDirectories(out.resolve("logs"));
    @Nullable PeerRun running = null;
    try {
      running = peer.start(new Environment(scratch.toAbsolutePath()));
      running.run(Cell.closed(16), quick ? 3 : 10);
      for (Cell cell : cells) {
        running.run(cell, quick ? 0.5 : 2);
        results.add(running.measure(peer.name(), fork, cell, quick ? 2 : 10));
      }
    } catch (IOException e) {
      failures++;
      System.out.println("  could not be measured: " + e.getMessage());
    } finally {
      if (running != null) {
        running.close();
      }
    }
  }
}

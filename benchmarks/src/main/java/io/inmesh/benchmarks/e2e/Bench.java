package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Document;
import io.inmesh.benchmarks.report.Target;
import io.inmesh.benchmarks.report.TargetTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The comparison from the command line. */
@Command(
    name = "benchmarks/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares peers end to end in one run: every fork starts each peer's processes anew, in"
          + " another",
      "order, warms it up and measures every cell. Prints tables and writes results.jsonl,",
      "report.md and cpu.svg. Exit code 0: measured; 1: a peer could not be measured;",
      "2: wrong usage; 3: something is left for another run."
    })
public final class Bench implements Callable<Integer> {
  private static final List<Cell> QUICK = List.of(Cell.SATURATION, Cell.HALF);
  private static final List<Cell> FULL =
      List.of(
          Cell.SATURATION,
          Cell.HALF,
          Cell.open(1000),
          Cell.open(4000),
          Cell.closed(1),
          Cell.closed(64));
  private static final int QUICK_MINUTES = 9;
  private static final int LEFT = 3;

  /** What a quick run is about. */
  enum Quick {
    HTTP,
    GRPC
  }

  @Option(
      names = "--quick",
      arity = "0..1",
      fallbackValue = "http",
      paramLabel = "http|grpc",
      description =
          "The peers of one protocol that targets are about, two cells (16 in flight; half of that"
              + " rate), short: under ten minutes each; http.")
  private @Nullable Quick quick;

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

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "Begins nothing after that time, and says what is left; a quick run: 9.")
  private int minutes;

  @Option(
      names = "--smoke",
      description = "As a quick run, but for a moment only: whether it works, not how fast.")
  private boolean smoke;

  @Option(
      names = "--profile",
      description = "JVMs leave flight recordings in DIR/logs; costs what it costs.")
  private boolean profile;

  @Option(names = "--list", description = "Lists the peers and what is missing for them.")
  private boolean list;

  @Spec private @Nullable CommandSpec spec;

  /** Seconds: at most until a peer is warm, of each load before and while it is measured. */
  private record Times(double warmUp, double settle, double measure) {}

  private final List<Peer> peers = new ArrayList<>();
  private final Set<String> tried = new HashSet<>();
  private long begun;
  private int failures;
  private int left;

  /** Runs the command. */
  public static void main(String[] args) {
    Commands.run(new Bench(), args);
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      for (Peer peer : Peers.all()) {
        System.out.printf(
            "%-26s %s%s%n",
            peer.name(),
            peer.description(),
            peer.missing().map(why -> "  [skipped: " + why + "]").orElse(""));
      }
      return 0;
    }
    choose();
    List<Cell> cells = quick != null || smoke ? QUICK : FULL;
    System.out.println("cells: " + String.join("; ", cells.stream().map(Cell::name).toList()));
    Files.createDirectories(out);
    requireSameBuild();
    Results results = Results.open(out.resolve("results.jsonl"));
    List<Peer> first = peers.stream().filter(peer -> Peers.TARGETS.contains(peer.name())).toList();
    begun = System.nanoTime();
    measure(results, first, QUICK);
    measure(results, peers, QUICK);
    measure(results, peers, cells);
    report(results, cells);
    if (left > 0) {
      System.out.printf(
          "left: %d starts of a peer; the same command with --out %s goes on%n", left, out);
      return LEFT;
    }
    return failures == 0 ? 0 : 1;
  }

  /** Figures of two builds do not go together, however much of a run is left. */
  private void requireSameBuild() throws IOException {
    Path file = out.resolve("commit");
    String known = Files.exists(file) ? Files.readString(file).strip() : "an unknown commit";
    String commit = Machine.commit();
    if (Files.exists(out.resolve("results.jsonl")) && !known.equals(commit)) {
      throw new CommandLine.ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          out + " has results of " + known + ", and this is " + commit + ": give another --out");
    }
    Files.writeString(file, commit + "\n");
  }

  private void report(Results results, List<Cell> cells) throws IOException {
    String source = new Machine().describe(Document.command(spec));
    String targets =
        TargetTable.markdown(Targets.of(results, "").stream().filter(Target::known).toList());
    String report =
        source + new Report(results, peers, cells).markdown() + "\n### targets\n\n" + targets;
    Files.writeString(out.resolve("report.md"), report);
    Files.writeString(out.resolve("cpu.svg"), Chart.svg(results, peers, Cell.SATURATION));
    System.out.println(report);
    System.out.println("written to " + out.toAbsolutePath());
  }

  private void choose() {
    List<String> chosen = names.isEmpty() && quick != null ? Peers.quick(quick) : names;
    List<Peer> wanted = chosen.isEmpty() ? Peers.all() : Peers.named(chosen);
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

  private void measure(Results results, List<Peer> some, List<Cell> cells) throws IOException {
    double most = minutes > 0 ? minutes : quick != null ? QUICK_MINUTES : Double.POSITIVE_INFINITY;
    int total = forks * some.size();
    int done = 0;
    for (int fork = 0; fork < forks; fork++) {
      List<Peer> order = new ArrayList<>(some);
      Collections.shuffle(order, new Random(fork));
      for (Peer peer : order) {
        done++;
        List<Cell> rest = rest(results, peer, fork, cells);
        if (rest.isEmpty() || !tried.add(peer.name() + " " + fork + " " + rest)) {
          continue;
        }
        double spent = (System.nanoTime() - begun) / 60e9;
        if (spent >= most) {
          left++;
          continue;
        }
        System.out.printf(
            Locale.ROOT,
            "[%d/%d, %d kinds of load, %.1f min] fork %d: %s%n",
            done,
            total,
            cells.size(),
            spent,
            fork + 1,
            peer.name());
        fork(results, peer, fork, rest);
      }
    }
  }

  private static List<Cell> rest(Results results, Peer peer, int fork, List<Cell> cells) {
    return cells.stream().filter(cell -> results.of(peer.name(), fork, cell).isEmpty()).toList();
  }

  private Times times() {
    return smoke
        ? new Times(0, 0.1, 0.3)
        : quick != null ? new Times(11, 0.2, 1.5) : new Times(25, 0.5, 3);
  }

  private void fork(Results results, Peer peer, int fork, List<Cell> cells) throws IOException {
    Path scratch = Files.createDirectories(out.resolve("logs"));
    Times times = times();
    @Nullable PeerRun running = null;
    try {
      running = peer.start(new Environment(scratch.toAbsolutePath(), profile)).ready();
      running.warmUp(times.warmUp());
      for (Cell cell : cells) {
        double saturation =
            results.of(peer.name(), fork, Cell.SATURATION).map(Result::perSecond).orElse(0.0);
        running.run(cell.command(saturation), times.settle());
        results.add(running.measure(peer.name(), fork, cell, saturation, times.measure()));
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

package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Document;
import io.inmesh.benchmarks.report.Target;
import io.inmesh.benchmarks.report.TargetTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "Compares peers end to end in one run: every fork starts the processes of a group of peers",
      "anew, warms them up and measures each kind of load in rounds, all peers taking turns."
          + " Prints",
      "tables and writes results.jsonl, report.md and cpu.svg. Exit code 0: measured;",
      "1: a peer could not be measured; 2: wrong usage; 3: something is left for another run."
    })
public final class Bench implements Callable<Integer> {
  private static final List<Cell> QUICK = List.of(Cell.SATURATION, Cell.HALF);
  private static final List<Cell> FULL =
      List.of(
          Cell.SATURATION, Cell.HALF, Cell.LIGHT, Cell.open(1000), Cell.closed(1), Cell.closed(64));
  private static final double QUICK_MINUTES = 9.5;
  private static final int LEFT = 3;
  private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss");

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
      description =
          "For the results; a run into a directory that has some of the same goes on with the rest."
              + " A new one in target/results.")
  private Path out =
      Path.of("target", "results", LocalDateTime.now(ZoneId.systemDefault()).format(MOMENT));

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description =
          "Begins nothing after that time, and says what is left; a quick run ends before 9.5.")
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

  /**
   * How long, in seconds, and how often.
   *
   * @param warmUp at most until a peer is warm
   * @param settle of each load before it is measured
   * @param rounds of the loads that targets are about
   * @param others rounds of the other ones
   */
  private record Times(double warmUp, double settle, double measure, int rounds, int others) {}

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
    List<List<Group>> plan = plan();
    List<Group> groups = plan.stream().flatMap(List::stream).toList();
    List<Cell> cells = quick != null || smoke ? QUICK : FULL;
    System.out.println("cells: " + String.join("; ", cells.stream().map(Cell::name).toList()));
    Files.createDirectories(out);
    requireSameRun(groups);
    Results results = Results.open(out.resolve("results.jsonl"));
    measure(results, plan, cells);
    report(results, groups, cells);
    if (left > 0) {
      System.out.printf(
          "left: %d of %d forks of a group; the same command with --out %s goes on%n",
          left, forks * groups.size(), out);
      return LEFT;
    }
    return failures == 0 ? 0 : 1;
  }

  /** Figures of two builds, or of two ways to measure, do not go together. */
  private void requireSameRun(List<Group> groups) throws IOException {
    Path file = out.resolve("run");
    String known = Files.exists(file) ? Files.readString(file).strip() : "an unknown run";
    String run =
        String.format(
            "commit %s%s%s, %s: %s",
            Machine.commit(),
            smoke ? ", smoke" : "",
            profile ? ", profile" : "",
            times(),
            String.join(", ", groups.stream().map(Group::name).toList())
                + (names.isEmpty() ? "" : " " + String.join(", ", names)));
    if (Files.exists(out.resolve("results.jsonl")) && !known.equals(run)) {
      throw new CommandLine.ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          out + " has results of [" + known + "], and this is [" + run + "]: give another --out");
    }
    Files.writeString(file, run + "\n");
  }

  private void report(Results results, List<Group> groups, List<Cell> cells) throws IOException {
    List<Peer> peers = groups.stream().flatMap(group -> group.peers().stream()).distinct().toList();
    String source = new Machine().describe(Document.command(spec)) + Environment.cores();
    String targets =
        TargetTable.markdown(Targets.of(results, "").stream().filter(Target::known).toList());
    String report =
        source + new Report(results, peers, cells).markdown() + "\n### targets\n\n" + targets;
    Files.writeString(out.resolve("report.md"), report);
    Files.writeString(out.resolve("cpu.svg"), Chart.svg(results, peers, Cell.SATURATION));
    System.out.println(report);
    System.out.println("written to " + out.toAbsolutePath());
  }

  /**
   * What is to be measured, in the order of importance: all forks of a list come before the next.
   */
  private List<List<Group>> plan() {
    if (!names.isEmpty()) {
      return List.of(List.of(Group.chosen(names).installed()));
    }
    if (quick != null) {
      return List.of(List.of(Group.quick(quick).installed()));
    }
    return Stream.of(Group.TARGETS, Group.OTHERS)
        .map(groups -> groups.stream().map(Group::installed).toList())
        .toList();
  }

  private void measure(Results results, List<List<Group>> plan, List<Cell> cells)
      throws IOException {
    double most = minutes > 0 ? minutes : quick != null ? QUICK_MINUTES : Double.POSITIVE_INFINITY;
    long begun = System.nanoTime();
    double longest = 0;
    int total = forks * plan.stream().mapToInt(List::size).sum();
    int done = 0;
    for (List<Group> groups : plan) {
      for (int fork = 0; fork < forks; fork++) {
        for (Group group : groups) {
          done++;
          List<Cell> rest = rest(results, group, fork, cells);
          if (rest.isEmpty()) {
            continue;
          }
          double spent = (System.nanoTime() - begun) / 60e9;
          if (spent + longest >= most) {
            left++;
            continue;
          }
          System.out.printf(
              Locale.ROOT,
              "[%d/%d, %.1f min] fork %d of %s: %d peers, %d kinds of load%n",
              done,
              total,
              spent,
              fork + 1,
              group.name(),
              group.peers().size(),
              rest.size());
          fork(results, group, fork, rest);
          if (quick != null) { // which promises when it ends
            longest = Math.max(longest, (System.nanoTime() - begun) / 60e9 - spent);
          }
        }
      }
    }
  }

  /** What has not been measured; a peer that could not be is not tried again. */
  private static List<Cell> rest(Results results, Group group, int fork, List<Cell> cells) {
    return cells.stream().filter(cell -> !results.has(group, fork, cell)).toList();
  }

  private Times times() {
    return smoke
        ? new Times(0, 0.1, 0.3, 2, 2)
        : quick != null ? new Times(8, 0.1, 0.5, 3, 3) : new Times(25, 0.15, 0.7, 3, 1);
  }

  private void fork(Results results, Group group, int fork, List<Cell> cells) throws IOException {
    Path scratch = Files.createDirectories(out.resolve("logs"));
    Times times = times();
    try (GroupRun run = new GroupRun(group, fork)) {
      run.start(new Environment(scratch.toAbsolutePath(), profile), times.warmUp());
      for (Cell cell : cells) {
        Map<String, Double> saturation = new HashMap<>();
        for (Peer peer : group.peers()) {
          results
              .of(group, peer.name(), fork, Cell.SATURATION)
              .ifPresent(result -> saturation.put(peer.name(), result.perSecond()));
        }
        int rounds = Targets.CELLS.contains(cell) ? times.rounds() : times.others();
        results.add(run.measure(cell, saturation, rounds, times.settle(), times.measure()));
      }
      failures += run.failures();
    }
  }
}

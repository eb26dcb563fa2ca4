package io.inmesh.benchmarks.report;

import io.inmesh.benchmarks.e2e.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every target, held against the newest results of all measurements. */
public final class TargetTable {
  private static final String HEAD =
      """
      | target | limit | measured | | from |
      | --- | --- | --- | --- | --- |
      """;

  /** Those of calls, in the order in which they are believed: of few peers before of all. */
  private static final List<String> COMPARISONS =
      List.of("policies", "full", "quick", "quick-grpc");

  private static final List<String> CONTROL = List.of("9000-sotw", "9000-delta");

  private final Path results;

  private TargetTable(Path results) {
    this.results = results;
  }

  /** The table of a directory of results. */
  static String of(Path results) throws IOException {
    TargetTable table = new TargetTable(results);
    List<Target> all = new ArrayList<>(table.comparisons());
    all.addAll(table.calls());
    all.addAll(table.footprint());
    for (String control : CONTROL) {
      all.addAll(table.control(control));
    }
    return markdown(all);
  }

  /** Some targets as a table. */
  public static String markdown(List<Target> targets) {
    StringBuilder text = new StringBuilder(HEAD);
    targets.forEach(target -> text.append(target.row()));
    return text.toString();
  }

  /** Of each target, the first run that has enough values, else what there is. */
  private List<Target> comparisons() throws IOException {
    Map<String, Target> best = new LinkedHashMap<>();
    for (String run : COMPARISONS) {
      for (Target target : Targets.of(results, run)) {
        best.merge(
            target.what(),
            target,
            (one, other) ->
                one.measured().values() >= Math.min(one.needed(), other.measured().values())
                    ? one
                    : other);
      }
    }
    return List.copyOf(best.values());
  }

  /** One call of the engine, from JMH's own file. */
  private List<Target> calls() throws IOException {
    String source = "jmh/calls.json";
    Path file = results.resolve(source);
    Interval nanos = Interval.of();
    Interval bytes = Interval.of();
    if (Files.exists(file)) {
      for (JsonNode run : new JsonMapper().readTree(Files.readString(file))) {
        JsonNode parameters = run.path("params");
        if (run.path("benchmark").asString("").endsWith("CallBenchmark.call")
            && parameters.path("endpoints").asString("").equals("1000")
            && parameters.path("routes").asString("").equals("100")) {
          nanos = metric(run.path("primaryMetric"));
          // Objects have whole bytes; what is below is of the harness.
          double exact =
              run.path("secondaryMetrics")
                  .path("gc.alloc.rate.norm")
                  .path("score")
                  .asDouble(Double.NaN);
          bytes = Interval.of(Math.rint(exact));
        }
      }
    }
    String what = "begin, pick, finish; 1,000 endpoints, 100 routes, several balancers";
    return List.of(
        Target.limited(what, 300, "%.0f ns", nanos, 1, source),
        Target.limited(what, 200, "%.0f B", bytes, 1, source));
  }

  private static Interval metric(JsonNode metric) {
    JsonNode range = metric.path("scoreConfidence");
    return new Interval(
        metric.path("score").asDouble(Double.NaN),
        range.path(0).asDouble(Double.NaN),
        range.path(1).asDouble(Double.NaN),
        1);
  }

  private List<Target> footprint() throws IOException {
    String source = "footprint.json";
    Map<String, Interval> found = Figures.read(results.resolve(source));
    return List.of(
        figure("heap of 100 services × 1,000 endpoints", 10, "%.1f MB", found, "heap", source),
        figure("`Mesh.start` to first answer, HTTP", 400, "%.0f ms", found, "first-http", source),
        figure("`Mesh.start` to first answer, gRPC", 400, "%.0f ms", found, "first-grpc", source));
  }

  private List<Target> control(String name) throws IOException {
    String source = "control/" + name + ".json";
    Map<String, Interval> found = Figures.read(results.resolve(source));
    String who =
        "9,000 clients × 20 services, "
            + (name.endsWith("delta") ? "incremental: " : "state of the world: ");
    return List.of(
        figure(
            who + "endpoint of one service, about 200 clients",
            80,
            "%.0f ms",
            found,
            "one",
            source),
        figure(who + "endpoint watched by all", 2000, "%.0f ms", found, "all", source),
        figure(who + "RSS after a reconnect storm", 700, "%.0f MB", found, "storm-rss", source),
        figure(who + "registrations lost in it", 0, "%.0f", found, "storm-lost", source),
        figure(
            who + "30 changes a second, CPU", 60, "%.0f %% of a core", found, "churn-cpu", source),
        figure(
            who + "30 changes a second, staleness p99",
            1000,
            "%.0f ms",
            found,
            "churn-p99",
            source));
  }

  private static Target figure(
      String what,
      double limit,
      String format,
      Map<String, Interval> found,
      String name,
      String source) {
    return Target.limited(what, limit, format, found.getOrDefault(name, Interval.of()), 1, source);
  }
}

package io.inmesh.examples.quickstart;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.json.JsonMapper;

/** Tells how the story went: a table and a verdict for people, one JSON object for programs. */
final class Summary {
  private final Story story;

  Summary(Story story) {
    this.story = story;
  }

  void print(PrintStream out) {
    out.println();
    out.printf(
        "%-32s %9s %8s %9s %9s %8s %8s%n",
        "phase", "requests", "failed", "p50 ms", "p99 ms", "v1 %", "v2 %");
    for (Tally tally : story.tallies()) {
      Histogram micros = tally.latency();
      out.printf(
          "%-32s %9d %8d %9.2f %9.2f %8.2f %8.2f%n",
          tally.phase(),
          tally.ok() + tally.failed(),
          tally.failed(),
          micros.getValueAtPercentile(50) / 1_000.0,
          micros.getValueAtPercentile(99) / 1_000.0,
          tally.share("v1"),
          tally.share("v2"));
    }
    out.println();
    story
        .routeMillis()
        .forEach((change, ms) -> out.printf("%-32s reached the caller in %.0f ms%n", change, ms));
    out.printf(
        "%-32s reached the caller in %.0f ms (median of %d)%n",
        "endpoint changes", story.median(), story.endpointMillis().length);
    out.printf(
        "%-32s %d outside the kill, %d in flight on the killed instance%n",
        "failed requests", story.failedOutsideKill(), story.failedInKill());
    for (Story.Phase phase : story.phases()) {
      if (!phase.ok()) {
        out.printf(
            "NOT OK: %s: v2 had %.2f %% of %d answers, expected %d %% ± %.0f over ≥ %d%n",
            phase.name(),
            phase.actual(),
            phase.requests(),
            phase.expected(),
            Story.TOLERANCE_POINTS,
            Story.MIN_REQUESTS);
      }
    }
    story.unexplained().stream().limit(5).forEach(f -> out.println("NOT OK: " + f));
    out.println(story.verdict() ? "VERDICT: ok" : "VERDICT: failed");
  }

  /** One line. */
  String json() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("ok", story.verdict());
    root.put("phases", story.tallies().stream().map(Summary::phase).toList());
    root.put(
        "shares",
        story.phases().stream()
            .map(
                p ->
                    Map.of(
                        "phase", p.name(),
                        "expected", p.expected(),
                        "actual", p.actual(),
                        "requests", p.requests(),
                        "ok", p.ok()))
            .toList());
    root.put("routeChangeMillis", story.routeMillis());
    root.put("endpointChangeMedianMillis", story.median());
    root.put("failedOutsideKill", story.failedOutsideKill());
    root.put("failedInKill", story.failedInKill());
    return JsonMapper.builder().build().writeValueAsString(root);
  }

  private static Map<String, Object> phase(Tally tally) {
    Histogram micros = tally.latency();
    Map<String, Object> phase = new LinkedHashMap<>();
    phase.put("phase", tally.phase());
    phase.put("ok", tally.ok());
    phase.put("failed", tally.failed());
    phase.put("p50Micros", micros.getValueAtPercentile(50));
    phase.put("p99Micros", micros.getValueAtPercentile(99));
    phase.put("shares", shares(tally, List.of("v1", "v2")));
    return phase;
  }

  private static Map<String, Double> shares(Tally tally, List<String> versions) {
    Map<String, Double> shares = new LinkedHashMap<>();
    versions.forEach(version -> shares.put(version, tally.share(version)));
    return shares;
  }
}

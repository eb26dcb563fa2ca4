package io.inmesh.examples.echo;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.node.ObjectNode;

/** Counts answers. Guarded by its user. */
final class Count {
  private final Map<String, Long> byStatus = new TreeMap<>();
  private final Map<String, Long> byVersion = new TreeMap<>();
  private final Map<String, Long> byHost = new TreeMap<>();
  private final Histogram micros = new Histogram(3_600_000_000L, 3);
  private long sent;
  private long ok;

  void add(Answer answer) {
    sent++;
    if (answer.ok()) {
      ok++;
    }
    byStatus.merge(
        answer.status() < 0 ? "error" : Integer.toString(answer.status()), 1L, Long::sum);
    if (!answer.version().isEmpty()) {
      byVersion.merge(answer.version(), 1L, Long::sum);
    }
    if (!answer.host().isEmpty()) {
      byHost.merge(answer.host(), 1L, Long::sum);
    }
    micros.recordValue(Math.min(answer.micros(), 3_600_000_000L));
  }

  boolean allOk() {
    return ok == sent;
  }

  ObjectNode json() {
    ObjectNode json = Reply.JSON.createObjectNode();
    ObjectNode summary = json.putObject("summary");
    summary.put("sent", sent);
    summary.put("ok", ok);
    summary.put("failed", sent - ok);
    put(summary.putObject("byStatus"), byStatus);
    put(summary.putObject("byVersion"), byVersion);
    put(summary.putObject("byHost"), byHost);
    summary.put("p50Micros", micros.getValueAtPercentile(50));
    summary.put("p99Micros", micros.getValueAtPercentile(99));
    return json;
  }

  String text() {
    return """
    %d sent, %d ok, %d failed; p50 %.2f ms, p99 %.2f ms
      by status   %s
      by version  %s
      by host     %s"""
        .formatted(
            sent,
            ok,
            sent - ok,
            micros.getValueAtPercentile(50) / 1_000.0,
            micros.getValueAtPercentile(99) / 1_000.0,
            byStatus,
            byVersion,
            byHost);
  }

  private static void put(ObjectNode node, Map<String, Long> counts) {
    counts.forEach(node::put);
  }
}

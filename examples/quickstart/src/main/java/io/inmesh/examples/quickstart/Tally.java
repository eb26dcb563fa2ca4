package io.inmesh.examples.quickstart;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** What happened to the requests of one phase. Thread-safe. */
final class Tally {
  private static final int FAILURES_KEPT = 1_000;

  private final String phase;
  private final long begin = System.nanoTime();
  private final LongAdder started = new LongAdder();
  private final LongAdder ok = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final Map<String, LongAdder> versions = new ConcurrentHashMap<>();
  private final ConcurrentHistogram micros = new ConcurrentHistogram(60_000_000L, 3);
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

  Tally(String phase) {
    this.phase = phase;
  }

  String phase() {
    return phase;
  }

  void started() {
    started.increment();
  }

  void answered(int status, String version, long nanos, String body) {
    micros.recordValue(Math.min(nanos / 1_000, 60_000_000L));
    if (status == 200) {
      ok.increment();
      versions.computeIfAbsent(version, v -> new LongAdder()).increment();
    } else {
      failed.increment();
      if (failures.size() < FAILURES_KEPT) {
        failures.add(status + " " + body);
      }
    }
  }

  long ok() {
    return ok.sum();
  }

  long failed() {
    return failed.sum();
  }

  /** Requests begun and not answered yet. */
  long open() {
    return started.sum() - ok.sum() - failed.sum();
  }

  double seconds() {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** The answers' share of a version, 0 to 100. */
  double share(String version) {
    LongAdder count = versions.get(version);
    return count == null || ok.sum() == 0 ? 0 : 100.0 * count.sum() / ok.sum();
  }

  Histogram latency() {
    return micros.copy();
  }

  List<String> failures() {
    return List.copyOf(failures);
  }
}

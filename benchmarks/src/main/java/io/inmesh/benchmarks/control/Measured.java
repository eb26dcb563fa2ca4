package io.inmesh.benchmarks.control;

import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.report.Page;
import java.util.Arrays;

/** A table of what changes take and cost. Confined to one thread. */
record Measured(Page page, String prefix, ControlHandle server, XdsSwarm swarm) {
  /** One repetition; gives milliseconds. */
  interface Step {
    double run(int repeat) throws Exception;
  }

  void head(String who) {
    page.print(
        "%n| %s | median ms | worst ms | responses | kB | server CPU ms |%n"
            + "| --- | --- | --- | --- | --- | --- |%n",
        who);
  }

  void row(String what, String figure, int repeats, Step step) throws Exception {
    if (repeats > 1) {
      step.run(repeats); // the first of a kind finds everything cold
    }
    long responses = swarm.responses.sum();
    long bytes = swarm.bytes.sum();
    double cpu = server.cpuSeconds();
    double[] millis = new double[repeats];
    for (int i = 0; i < repeats; i++) {
      millis[i] = step.run(i);
    }
    page.figure(prefix + figure, millis);
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    page.print(
        "| %s | %.0f | %.0f | %d | %d | %.0f |%n",
        what,
        sorted[repeats / 2],
        sorted[repeats - 1],
        (swarm.responses.sum() - responses) / repeats,
        (swarm.bytes.sum() - bytes) / 1000 / repeats,
        (server.cpuSeconds() - cpu) * 1000 / repeats);
  }
}

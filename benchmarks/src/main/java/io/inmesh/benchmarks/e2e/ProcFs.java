package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What Linux knows about another process; elsewhere only its CPU time is known. */
final class ProcFs {
  private static final double PAGE_MEGABYTES = 4096 / 1e6;

  private ProcFs() {}

  /** User and system time; 0 if it is gone. */
  static double cpuSeconds(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toNanos)
        .map(nanos -> nanos / 1e9)
        .orElse(0.0);
  }

  /** Resident set; 0 where it is not known. */
  static double rssMegabytes(long pid) {
    try {
      String[] fields = Files.readString(Path.of("/proc", pid + "", "statm")).split(" ", -1);
      return Long.parseLong(fields[1]) * PAGE_MEGABYTES;
    } catch (IOException e) {
      return 0;
    }
  }
}

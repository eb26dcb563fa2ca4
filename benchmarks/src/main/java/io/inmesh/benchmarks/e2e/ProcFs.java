package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What Linux knows about another process; elsewhere only its CPU time is known. */
final class ProcFs {
  private static final double PAGE_MEGABYTES = 4096 / 1e6;
  private static final double TICKS_PER_SECOND = 100;
  private static final Pattern COMPILER = Pattern.compile("\\(C[12] Compiler");

  private ProcFs() {}

  /** User and system time; 0 if it is gone. */
  static double cpuSeconds(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toNanos)
        .map(nanos -> nanos / 1e9)
        .orElse(0.0);
  }

  /**
   * Of the threads that compile in a JVM; 0 if it is none or that is not known. In a short run they
   * take more than the requests.
   */
  static double compilerSeconds(long pid) {
    double ticks = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", pid + "", "task"))) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("stat"));
        if (COMPILER.matcher(stat).find()) {
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
          ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
      }
    } catch (IOException e) {
      return ticks / TICKS_PER_SECOND; // it ended, or this is not Linux
    }
    return ticks / TICKS_PER_SECOND;
  }

  /** The threads of a process that have a name; none where that is not known. */
  static List<Long> threads(long pid, String name) {
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", pid + "", "task"))) {
      for (Path thread : threads) {
        if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
          found.add(Long.valueOf(thread.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      return List.of(); // it ended, or this is not Linux
    }
    return found;
  }

  /** The most that the resident set was; 0 where it is not known. */
  static double peakMegabytes(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", pid + "", "status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
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

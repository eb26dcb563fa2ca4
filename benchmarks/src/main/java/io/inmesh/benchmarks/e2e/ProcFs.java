package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What Linux knows about another process; elsewhere only its CPU time is known. */
final class ProcFs {
  private static final double PAGE_MEGABYTES = 4096 / 1e6;

  /**
   * The threads that compile in a JVM, by the fifteen characters that Linux keeps of their names.
   */
  private static final List<String> COMPILERS = List.of("C1 CompilerThre", "C2 CompilerThre");

  private ProcFs() {}

  /** User and system time, of threads that ended, too; 0 if it is gone. */
  static double cpuSeconds(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toNanos)
        .map(nanos -> nanos / 1e9)
        .orElse(0.0);
  }

  /**
   * User and system time of each thread of a process, in nanoseconds by thread; those that compile
   * in a JVM apart, as in a short run they take more than the requests.
   */
  record Cpu(Map<Long, Long> threads, Map<Long, Long> compilers) {
    /** Seconds since another look; of a thread that ended in between only what was seen then. */
    Used since(Cpu before) {
      return new Used(seconds(threads, before.threads), seconds(compilers, before.compilers));
    }

    private static double seconds(Map<Long, Long> now, Map<Long, Long> before) {
      double nanos = 0;
      for (var thread : now.entrySet()) {
        nanos += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
      }
      return nanos / 1e9;
    }
  }

  /** Seconds of the threads of a process, and of its compilers. */
  record Used(double threads, double compilers) {}

  /** What the threads of a process have used; empty where that is not known. */
  static Cpu cpu(long pid) {
    Map<Long, Long> threads = new HashMap<>();
    Map<Long, Long> compilers = new HashMap<>();
    try (DirectoryStream<Path> directory =
        Files.newDirectoryStream(Path.of("/proc", pid + "", "task"))) {
      for (Path thread : directory) {
        long id = Long.parseLong(thread.getFileName().toString());
        try {
          // Nanoseconds; what stat has are hundredths of a second, some percent of a measurement.
          String schedule = Files.readString(thread.resolve("schedstat"));
          long used = Long.parseLong(schedule.substring(0, schedule.indexOf(' ')));
          boolean compiles = COMPILERS.contains(Files.readString(thread.resolve("comm")).strip());
          (compiles ? compilers : threads).put(id, used);
        } catch (IOException e) {
          // It ended, and what it used is gone.
        }
      }
    } catch (IOException e) {
      return new Cpu(threads, compilers); // it ended, or this is not Linux
    }
    return new Cpu(threads, compilers);
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

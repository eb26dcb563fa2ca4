package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.stream.Stream;

/** What the figures were measured on. */
public final class Machine {
  /**
   * One paragraph.
   *
   * @param command that measured
   */
  public String describe(String command) {
    return "`"
        + command
        + "`, measured on "
        + LocalDate.now(ZoneId.systemDefault())
        + ", commit "
        + commit()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " × "
        + cpu()
        + ", Linux "
        + System.getProperty("os.version")
        + ", Java "
        + System.getProperty("java.version")
        + ".\n";
  }

  /** Prints what a page begins with; the argument is the command that measured. */
  public static void main(String[] args) {
    System.out.print(new Machine().describe(args[0]));
  }

  /**
   * The last commit that changed more than results and pages; {@code unknown} outside of a clone.
   * Who measures what is not committed is told so.
   */
  static String commit() {
    String commit = git("log", "-1", "--format=%h");
    if (commit.isEmpty()) {
      return "unknown";
    }
    return git("status", "--porcelain", "-uno").isEmpty() ? commit : commit + "-changed";
  }

  /** Of all files but results and pages; empty if it fails, too. */
  private static String git(String... command) {
    return command(
        Stream.of(
                Stream.of("git"),
                Arrays.stream(command),
                Stream.of("--", ":/", ":!/benchmarks/results", ":!/docs"))
            .flatMap(words -> words)
            .toArray(String[]::new));
  }

  private static String cpu() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 2))
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  private static String command(String... words) {
    try {
      Process process = new ProcessBuilder(words).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return out.strip();
    } catch (IOException e) {
      return "";
    }
  }
}

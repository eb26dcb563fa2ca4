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
        + ". "
        + (Environment.pinning()
            ? "Client and the proxy beside it on core "
                + Environment.CLIENT_CORE
                + ", server and the proxy beside it on core "
                + Environment.SERVER_CORE
                + ".\n"
            : "Processes are not pinned.\n");
  }

  /**
   * The last commit that changed more than results and pages; {@code unknown} outside of a clone.
   * Who measures what is not committed is told so.
   */
  static String commit() {
    String[] sources = {"--", ":/", ":!/benchmarks/results", ":!/docs"};
    String commit =
        command(
            Stream.concat(Stream.of("git", "log", "-1", "--format=%h"), Arrays.stream(sources))
                .toArray(String[]::new));
    String changed =
        command(
            Stream.concat(Stream.of("git", "status", "--porcelain", "-uno"), Arrays.stream(sources))
                .toArray(String[]::new));
    return changed.equals("unknown") ? commit : commit + "-changed";
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
      return out.isBlank() ? "unknown" : out.strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}

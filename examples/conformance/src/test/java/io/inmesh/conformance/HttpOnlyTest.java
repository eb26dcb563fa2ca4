package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * docs/dependencies.md is what an HTTP-only application needs: a process with just these libraries
 * works, and loads classes of each that is not said to wait for something.
 */
class HttpOnlyTest {
  private static final Path DOCUMENT = Path.of("../../docs/dependencies.md");
  private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9_-]+)` \\| *\\d+ \\|([^|]*)\\|");
  private static final Pattern LOADED = Pattern.compile("source: file:(\\S+)");

  @Test
  void listedLibraries_areEnoughAndNotTooMany() throws Exception {
    List<String> listed = new ArrayList<>();
    List<String> later = new ArrayList<>();
    Matcher row = ROW.matcher(Files.readString(DOCUMENT));
    while (row.find()) {
      listed.add(row.group(1));
      if (!row.group(2).isBlank()) {
        later.add(row.group(1));
      }
    }
    List<String> output;
    try (ControlServer server = ControlServer.start(ControlServerOptions.loopback())) {
      output = run(classPath(listed), "127.0.0.1:" + server.xdsAddress().getPort());
    }
    assertThat(output).contains("answer: hello");
    Set<String> loaded = new TreeSet<>();
    for (String line : output) {
      Matcher source = LOADED.matcher(line);
      if (source.find()) {
        loaded.add(artifact(source.group(1)));
      }
    }
    List<String> idle = new ArrayList<>(listed);
    idle.removeAll(loaded);
    assertThat(later).as("idle, and why").containsAll(idle);
    assertThat(loaded).contains("mesh-core", "netty-codec-http2", "protobuf-java");
  }

  private static List<String> classPath(List<String> libraries) {
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      String artifact = artifact(entry);
      if (libraries.contains(artifact)
          || artifact.equals("mesh-core")
          || artifact.equals("mesh-http-client")
          || entry.endsWith("conformance/target/test-classes")) {
        path.add(entry);
      }
    }
    assertThat(path).hasSize(libraries.size() + 3);
    return path;
  }

  /** The artifact's name, of a jar in a repository or a module's classes. */
  private static String artifact(String entry) {
    Path path = Path.of(entry);
    if (path.endsWith("target/classes")) {
      return path.getName(path.getNameCount() - 3).toString();
    }
    String name = path.getFileName().toString();
    Matcher jar = Pattern.compile("(.+?)-\\d[\\w.-]*\\.jar").matcher(name);
    return jar.matches() ? jar.group(1) : name;
  }

  private static List<String> run(List<String> classPath, String control) throws Exception {
    Path output = Files.createTempFile("http-only", ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load:file=" + output + ".classes",
                "-cp",
                String.join(File.pathSeparator, classPath),
                HttpOnlyApplication.class.getName(),
                control)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      List<String> lines = new ArrayList<>(Files.readAllLines(output, StandardCharsets.UTF_8));
      assertThat(process.exitValue()).as("%s", lines).isZero();
      lines.addAll(Files.readAllLines(Path.of(output + ".classes")));
      return lines;
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(output);
      Files.deleteIfExists(Path.of(output + ".classes"));
    }
  }
}

package io.inmesh.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The jar that people run. */
@Timeout(400)
class QuickstartIT {
  private static final Path JAR = Path.of("target", "quickstart.jar");
  private static final Pattern CHILD = Pattern.compile("  (\\S+) +pid (\\d+)");
  private static final int CHILDREN = 7;

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.to(directory.resolve("err.log").toFile()))
            .start();
    processes.add(process);
    return process;
  }

  @Test
  void shortRun_succeeds_andSaysEverythingInOneObject() throws Exception {
    Process process = start("--seconds", "5", "--json");
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    String story = Files.readString(directory.resolve("err.log"));
    assertThat(process.exitValue()).as(story).isZero();
    assertThat(out.lines()).as("standard output").hasSize(1);
    JsonNode summary = JsonMapper.builder().build().readTree(out);
    assertThat(summary.path("ok").asBoolean()).isTrue();
    assertThat(summary.path("failedOutsideKill").asInt(-1)).isZero();
    assertThat(summary.path("failedInKill").asInt(-1)).isNotNegative();
    assertThat(summary.path("shares")).hasSize(4);
    for (JsonNode share : summary.path("shares")) {
      assertThat(share.path("requests").asInt()).isGreaterThanOrEqualTo(10_000);
      assertThat(share.path("actual").asDouble())
          .isBetween(share.path("expected").asDouble() - 2, share.path("expected").asDouble() + 2);
    }
    assertThat(summary.path("routeChangeMillis").size()).isEqualTo(4);
    assertThat(summary.path("endpointChangeMedianMillis").asDouble()).isPositive();
    assertThat(story)
        .contains(
            "mutual TLS",
            "rps",
            "SIGKILL to orders-v1-1",
            "SIGKILL to the control server",
            "endpoint changes",
            "VERDICT: ok");
    assertThat(children(story)).hasSize(CHILDREN).noneMatch(QuickstartIT::alive);
  }

  @Test
  void sigkill_leavesNoChildBehind() throws Exception {
    Process process = start("--keep");
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    StringBuilder story = new StringBuilder();
    while (children(story.toString()).size() < CHILDREN) {
      String line = out.readLine();
      assertThat(line).as(story.toString()).isNotNull();
      story.append(line).append('\n');
    }
    List<Long> children = children(story.toString());
    assertThat(children).allMatch(QuickstartIT::alive);

    process.destroyForcibly();

    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (children.stream().anyMatch(QuickstartIT::alive)) {
      assertThat(System.nanoTime()).as("a child outlived its parent").isLessThan(end);
      Thread.sleep(20);
    }
  }

  @Test
  void help_namesEveryFlag() throws Exception {
    Process process = start("--help");
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isZero();
    assertThat(out)
        .contains("--seconds", "--json", "--keep", "--insecure", "--help", "Exit codes:");
  }

  @Test
  void wrongUsage_exitsWith2() throws Exception {
    assertThat(start("--seconds", "0").waitFor()).isEqualTo(2);
    assertThat(start("--second", "1").waitFor()).isEqualTo(2);
  }

  private static List<Long> children(String story) {
    Matcher child = CHILD.matcher(story);
    List<Long> pids = new ArrayList<>();
    while (child.find()) {
      pids.add(Long.parseLong(child.group(2)));
    }
    return pids;
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }
}

package io.inmesh.benchmarks.footprint;

import io.inmesh.benchmarks.e2e.Ports;
import io.inmesh.benchmarks.load.Client.Settings;
import io.inmesh.benchmarks.peers.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * Fresh JVMs with this class path.
 *
 * @param scratch where their errors are kept
 */
record Jvms(Path scratch) {
  /** A server of {@code orders} that takes calls. */
  Process server(String protocol, String control) throws IOException {
    Process server =
        start(
            command(
                List.of(),
                ServerProcess.class,
                "mesh-" + protocol,
                String.valueOf(Ports.free()),
                new JsonMapper().writeValueAsString(Settings.mesh("", control, "", Set.of()))));
    if (!"ready".equals(line(server))) {
      throw new IOException("the server did not start; " + scratch + " says why");
    }
    return server;
  }

  /** Runs one until it ends. Returns the line it printed. */
  String run(List<String> command) throws IOException, InterruptedException {
    Process process = start(command);
    String line = line(process);
    if (process.waitFor() != 0) {
      throw new IOException("a process failed; " + scratch + " says why");
    }
    return line;
  }

  /** How a JVM is started with options. */
  static List<String> command(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(scratch.resolve("processes.log").toFile()))
        .start();
  }

  private static String line(Process process) throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    return line == null ? "" : line;
  }
}

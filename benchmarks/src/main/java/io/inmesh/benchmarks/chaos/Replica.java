package io.inmesh.benchmarks.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One place of a server: a process, and another one at the same ports after it was killed. */
final class Replica {
  private final String control;
  private final String name;
  private final Path scratch;
  private final int http;
  private final int grpc;
  private final InetSocketAddress address;
  private final List<Relay> relays;
  private @Nullable Process process;

  /**
   * One that was not started yet.
   *
   * @param address where relays listen for it
   */
  Replica(
      String control,
      String name,
      Path scratch,
      String address,
      int http,
      int grpc,
      Relay.Faults faults) {
    this.control = control;
    this.name = name;
    this.scratch = scratch;
    this.http = http;
    this.grpc = grpc;
    this.address = new InetSocketAddress(address, http);
    this.relays =
        List.of(
            new Relay(this.address, faults),
            new Relay(new InetSocketAddress(address, grpc), faults));
  }

  /** Starts a process; returns when it can be called. */
  void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(KeyedServer.class.getName());
    command.addAll(List.of(control, address.getHostString(), name));
    command.addAll(List.of(String.valueOf(http), String.valueOf(grpc), executions().toString()));
    Path log = scratch.resolve(name + ".log");
    Process started =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    BufferedReader out = started.inputReader(StandardCharsets.UTF_8);
    if (!"ready".equals(out.readLine())) {
      throw new IOException(name + " did not start; " + log + " says why");
    }
    for (Relay relay : relays) {
      relay.open();
    }
  }

  /** Kills it with SIGKILL. */
  void kill() throws IOException, InterruptedException {
    for (Relay relay : relays) {
      relay.refuse();
    }
    end();
  }

  private void end() throws InterruptedException {
    Process running = process;
    if (running != null) {
      running.destroyForcibly().waitFor();
    }
  }

  /** What all its processes executed, in order. */
  List<String> executed() throws IOException {
    return Files.exists(executions()) ? Files.readAllLines(executions()) : List.of();
  }

  private Path executions() {
    return scratch.resolve(name + ".executed");
  }

  /** It will not come back. */
  void stop() throws IOException, InterruptedException {
    end();
    for (Relay relay : relays) {
      relay.close();
    }
  }
}

package io.inmesh.benchmarks.footprint;

import io.inmesh.benchmarks.control.ManyServices;
import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.load.Client.Settings;
import io.inmesh.benchmarks.peers.ServerProcess;
import io.inmesh.benchmarks.report.Page;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Start-up time and heap from the command line. */
@Command(
    name = "benchmarks/run --footprint",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures how long a fresh JVM takes from Mesh.start to its first answered call, over HTTP",
      "and gRPC, with a control server that runs; and the heap of what a process watches."
    })
public final class Footprint implements Callable<Integer> {
  @Option(names = "--forks", paramLabel = "N", description = "Fresh JVMs; ${DEFAULT-VALUE}.")
  private int forks = 11;

  @Option(names = "--services", paramLabel = "N", description = "Watched; ${DEFAULT-VALUE}.")
  private int services = 100;

  @Option(
      names = "--endpoints",
      paramLabel = "N",
      description = "Of each service; ${DEFAULT-VALUE}.")
  private int endpoints = 1000;

  @Option(names = "--out", paramLabel = "FILE", description = "The tables are written there, too.")
  private @Nullable Path out;

  @Spec private @Nullable CommandSpec spec;

  private final Path scratch = Files.createTempDirectory("inmesh-footprint");

  private Footprint() throws IOException {}

  /** Runs the command. */
  public static void main(String[] args) throws IOException {
    Commands.run(new Footprint(), args);
  }

  @Override
  public Integer call() throws Exception {
    Path config = Files.createDirectory(scratch.resolve("config"));
    ControlHandle control = ControlHandle.start(scratch, config);
    String address = "127.0.0.1:" + control.address().getPort();
    Page page = new Page(out, spec);
    page.print("| from Mesh.start to the first answer | median ms | least | most |%n");
    page.print("| --- | --- | --- | --- |%n");
    firstCall(page, "http", address);
    firstCall(page, "grpc", address);
    control.stop();
    heap(page);
    page.write();
    return 0;
  }

  private void firstCall(Page page, String protocol, String control) throws Exception {
    Process server =
        java(
            ServerProcess.class,
            "mesh-" + protocol,
            String.valueOf(freePort()),
            new JsonMapper().writeValueAsString(Settings.mesh("", control, "", Set.of())));
    if (!"ready".equals(line(server))) {
      throw new IOException("the server did not start; " + scratch + " says why");
    }
    double[] millis = new double[forks];
    for (int i = 0; i < forks; i++) {
      millis[i] = Double.parseDouble(result(java(FirstCall.class, protocol, control)));
    }
    server.destroy();
    page.figure("first-" + protocol, millis);
    Arrays.sort(millis);
    page.print(
        "| %s, %d fresh JVMs | %.0f | %.0f | %.0f |%n",
        protocol, forks, millis[forks / 2], millis[0], millis[forks - 1]);
  }

  private void heap(Page page) throws Exception {
    Path config = Files.createDirectory(scratch.resolve("many"));
    ManyServices.write(config, services, endpoints);
    ControlHandle control = ControlHandle.start(scratch, config);
    String address = "127.0.0.1:" + control.address().getPort();
    long one = Long.parseLong(result(java(WatchedHeap.class, address, "1")));
    long all = Long.parseLong(result(java(WatchedHeap.class, address, String.valueOf(services))));
    // What a process has beside its services, classes above all, is there with one as well.
    double watched = (double) (all - one) * services / (services - 1);
    page.figure("heap", watched / 1e6);
    page.print(
        "%n%d services × %d endpoints: %.1f MB of live heap (%.1f MB in all, %.1f MB with one"
            + " service)%n",
        services, endpoints, watched / 1e6, all / 1e6, one / 1e6);
    control.stop();
  }

  private Process java(Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectError(
            ProcessBuilder.Redirect.appendTo(
                scratch.resolve(main.getSimpleName() + ".log").toFile()))
        .start();
  }

  private String result(Process process) throws IOException, InterruptedException {
    String line = line(process);
    if (process.waitFor() != 0) {
      throw new IOException("a process failed; " + scratch + " says why");
    }
    return line;
  }

  private static String line(Process process) throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    return line == null ? "" : line;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

package io.inmesh.benchmarks.footprint;

import io.inmesh.benchmarks.control.ManyServices;
import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.report.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

  @Option(
      names = "--variants",
      description = "Instead: the first call over HTTP, with other options of the JVM.")
  private boolean variants;

  @Option(names = "--out", paramLabel = "FILE", description = "The tables are written there, too.")
  private @Nullable Path out;

  @Spec private @Nullable CommandSpec spec;

  private final Path scratch = Files.createTempDirectory("inmesh-footprint");
  private final Jvms jvms = new Jvms(scratch);

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
    if (variants) {
      Process server = jvms.server("http", address);
      new Variants(jvms).measure(page, address, forks);
      server.destroy();
    } else {
      firstCall(page, "http", address);
      firstCall(page, "grpc", address);
      heap(page);
    }
    control.stop();
    page.write();
    return 0;
  }

  private void firstCall(Page page, String protocol, String control) throws Exception {
    Process server = jvms.server(protocol, control);
    double[] millis = new double[forks];
    for (int i = 0; i < forks; i++) {
      millis[i] =
          Double.parseDouble(jvms.run(Jvms.command(List.of(), FirstCall.class, protocol, control)));
    }
    server.destroy();
    page.figure("first-" + protocol, millis);
    row(page, protocol, millis);
  }

  /** A line of the table of first calls. */
  static void row(Page page, String title, double... millis) {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    page.print(
        "| %s, %d fresh JVMs | %.0f | %.0f | %.0f |%n",
        title, n, sorted[n / 2], sorted[0], sorted[n - 1]);
  }

  private void heap(Page page) throws Exception {
    Path config = Files.createDirectory(scratch.resolve("many"));
    ManyServices.write(config, services, endpoints);
    ControlHandle control = ControlHandle.start(scratch, config);
    String address = "127.0.0.1:" + control.address().getPort();
    long one = watched(address, 1);
    long all = watched(address, services);
    // What a process has beside its services, classes above all, is there with one as well.
    double watched = (double) (all - one) * services / (services - 1);
    page.figure("heap", watched / 1e6);
    page.print(
        "%n%d services × %d endpoints: %.1f MB of live heap (%.1f MB in all, %.1f MB with one"
            + " service)%n",
        services, endpoints, watched / 1e6, all / 1e6, one / 1e6);
    control.stop();
  }

  private long watched(String control, int watched) throws Exception {
    return Long.parseLong(
        jvms.run(Jvms.command(List.of(), WatchedHeap.class, control, String.valueOf(watched))));
  }
}

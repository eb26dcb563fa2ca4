package io.inmesh.benchmarks.control;

import io.inmesh.benchmarks.control.XdsSwarm.Kind;
import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.report.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fan-out, churn and reconnect storm from the command line. */
@Command(
    name = "benchmarks/run --control",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Connects many xDS clients to a control server in a process of its own and measures how long",
      "a change takes to the last of them, what it costs, and how they come back after a restart."
    })
public final class FanOut implements Callable<Integer> {
  private static final int REPEATS = 9;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  @Option(names = "--clients", paramLabel = "N", description = "xDS streams; ${DEFAULT-VALUE}.")
  private int clients = 1000;

  @Option(names = "--services", paramLabel = "N", description = "In the mesh; ${DEFAULT-VALUE}.")
  private int services = 200;

  @Option(
      names = "--watched",
      paramLabel = "N",
      description = "Services each client watches; ${DEFAULT-VALUE}.")
  private int watched = 20;

  @Option(
      names = "--endpoints",
      paramLabel = "N",
      description = "Of each service; ${DEFAULT-VALUE}.")
  private int endpoints = 10;

  @Option(
      names = "--churn-seconds",
      paramLabel = "N",
      description = "How long 30 endpoints a second change; ${DEFAULT-VALUE}.")
  private int churnSeconds = 30;

  @Option(names = "--delta", description = "Clients speak incremental xDS.")
  private boolean delta;

  @Option(
      names = "--forgetful",
      description = "Clients hold nothing when they come back, as if they were restarted, too.")
  private boolean forgetful;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description =
          "Streams that share a connection; ${DEFAULT-VALUE}. 1: a socket for each client.")
  private int streams = 100;

  @Option(names = "--out", paramLabel = "FILE", description = "The tables are written there, too.")
  private @Nullable Path out;

  @Option(
      names = "--jvm",
      paramLabel = "OPTION",
      description = "Of the control server's JVM, may be repeated; ${DEFAULT-VALUE}.")
  private List<String> jvm = List.of("-XX:+UseSerialGC", "-Xmx448m", "-Xmn64m");

  @Option(
      names = "--against",
      paramLabel = "NAME",
      description = "A control plane to measure as well: java-control-plane.")
  private String against = "";

  @Spec private @Nullable CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    Commands.run(new FanOut(), args);
  }

  @Override
  public Integer call() throws Exception {
    Page page = new Page(out, spec);
    Watches watches = Watches.of(clients, services, watched);
    page.print(
        "%d clients, %s, × %d of %d services × %d endpoints; %d clients share a connection and all"
            + " of them a process, which runs beside the server. When they come back they hold"
            + " %s.%n",
        clients,
        delta ? "incremental" : "state of the world",
        watched,
        services,
        endpoints,
        streams,
        forgetful ? "nothing" : "what they had");
    Path scratch = Files.createTempDirectory("inmesh-fan-out");
    ours(page, watches, scratch);
    if (against.equals("java-control-plane")) {
      theirs(page, watches, scratch);
    }
    page.write();
    return 0;
  }

  private void ours(Page page, Watches watches, Path scratch) throws Exception {
    Path config = Files.createDirectory(scratch.resolve("config"));
    ManyServices.write(config, services, endpoints);
    routes(config, 0);
    ControlHandle server = ControlHandle.start(scratch, config, jvm);
    try (XdsSwarm swarm = new XdsSwarm(watches, delta, forgetful, streams);
        Registrations registrations = new Registrations(server.address())) {
      Measured measured = new Measured(page, "", server, swarm);
      measured.head("control-server");
      fanOut(measured, server, registrations::add, version -> routes(config, version));
      new Churn(swarm, registrations, services).run(page, server, churnSeconds);
      storm(page, server, swarm, registrations);
    }
  }

  private void theirs(Page page, Watches watches, Path scratch) throws Exception {
    String what = clients + "," + services + "," + watched + "," + endpoints;
    ControlHandle server = ControlHandle.start(scratch, JavaControlPlane.class, what, jvm);
    try (XdsSwarm swarm = new XdsSwarm(watches, delta, forgetful, streams)) {
      Measured measured = new Measured(page, "jcp-", server, swarm);
      measured.head("java-control-plane");
      fanOut(
          measured,
          server,
          service -> server.send("endpoint " + service),
          version -> server.send("route 0"));
      page.print("%nRSS of the server: %.0f MB.%n", server.rssMegabytes());
    } finally {
      server.stop();
    }
  }

  private void fanOut(
      Measured measured, ControlHandle server, IntConsumer endpoint, IntConsumer route)
      throws Exception {
    XdsSwarm swarm = measured.swarm();
    int some = services / 2;
    measured.row("first connect", "connect", 1, i -> swarm.connect(server.address()));
    measured.row(
        "endpoint of one service, " + swarm.watching(some) + " clients",
        "one",
        REPEATS,
        i -> swarm.change(Kind.ENDPOINTS, some, () -> endpoint.accept(some)));
    measured.row(
        "endpoint watched by all",
        "all",
        REPEATS,
        i -> swarm.change(Kind.ENDPOINTS, 0, () -> endpoint.accept(0)));
    measured.row(
        "route watched by all",
        "route",
        REPEATS,
        i -> swarm.change(Kind.ROUTES, 0, () -> route.accept(i + 1)));
  }

  /** All clients and instances come back at once to a server that was restarted. */
  private void storm(Page page, ControlHandle server, XdsSwarm swarm, Registrations registrations)
      throws Exception {
    ControlHandle restarted = server.restart();
    try {
      List<EndpointChange> back = new ArrayList<>();
      for (Registrations.Held held : registrations.all()) {
        back.add(swarm.expect(held.service(), held.address(), true));
      }
      registrations.resume(restarted.address());
      double millis = swarm.connect(restarted.address());
      long until = System.nanoTime() + PATIENCE_NANOS;
      int lost = 0;
      int lacking = 0;
      for (EndpointChange change : back) {
        lost += change.await(until) ? 0 : 1;
        lacking += change.lacking();
      }
      page.print(
          "%nReconnect storm after a restart: all have everything after %.1f s; of %d registered"
              + " instances %d were lost, and %d times a client was told a state without one; %.1f"
              + " s of CPU, RSS at most %.0f MB.%n",
          millis / 1000,
          back.size(),
          lost,
          lacking,
          restarted.cpuSeconds(),
          restarted.peakMegabytes());
      page.figure("storm", millis);
      page.figure("storm-rss", restarted.peakMegabytes());
      page.figure("storm-lost", lost);
    } finally {
      restarted.stop();
    }
  }

  private static void routes(Path config, int version) {
    String yaml =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: service0, namespace: default}
        spec:
          parentRefs: [{group: "", kind: Service, name: service0}]
          rules:
          - timeouts: {request: %ds}
            backendRefs: [{name: service0, port: 80}]
        """
            .formatted(version + 1);
    try {
      Files.writeString(config.resolve("route.yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

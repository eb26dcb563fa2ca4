package io.inmesh.benchmarks.control;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.benchmarks.control.XdsSwarm.Kind;
import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.report.Page;
import io.inmesh.wire.registration.v1.Deregister;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Port;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
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
  private static final int REPEATS = 7;

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
  private int churnSeconds = 10;

  @Option(names = "--delta", description = "Clients speak incremental xDS.")
  private boolean delta;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description =
          "Streams that share a connection; ${DEFAULT-VALUE}. 1: a socket for each client.")
  private int streams = 100;

  @Option(names = "--out", paramLabel = "FILE", description = "The tables are written there, too.")
  private @Nullable Path out;

  @Spec private @Nullable CommandSpec spec;

  private int registered;

  /** Runs the command. */
  public static void main(String[] args) {
    Commands.run(new FanOut(), args);
  }

  @Override
  public Integer call() throws Exception {
    Page page = new Page(out, spec);
    Path scratch = Files.createTempDirectory("inmesh-fan-out");
    Path config = Files.createDirectory(scratch.resolve("config"));
    ManyServices.write(config, services, endpoints);
    routes(config, 0);
    ControlHandle server = ControlHandle.start(scratch, config);
    try (XdsSwarm swarm = new XdsSwarm(clients, services, watched, delta, streams)) {
      page.print(
          "%d clients, %s, × %d of %d services × %d endpoints%n%n| what | median ms | worst ms |"
              + " responses | kB | server CPU ms |%n| --- | --- | --- | --- | --- | --- |%n",
          clients, delta ? "incremental" : "state of the world", watched, services, endpoints);
      measured(page, "first connect", server, swarm, 1, i -> swarm.connect(server.address()));
      ManagedChannel channel =
          NettyChannelBuilder.forAddress(server.address()).usePlaintext().build();
      int some = services / 2;
      measured(
          page,
          "endpoint of one service, " + swarm.watching(some) + " clients",
          server,
          swarm,
          REPEATS,
          i -> swarm.change(Kind.ENDPOINTS, some, () -> register(channel, some)));
      measured(
          page,
          "endpoint watched by all",
          server,
          swarm,
          REPEATS,
          i -> swarm.change(Kind.ENDPOINTS, 0, () -> register(channel, 0)));
      measured(
          page,
          "route watched by all",
          server,
          swarm,
          REPEATS,
          i -> swarm.change(Kind.ROUTES, 0, () -> routes(config, i + 1)));
      churn(page, server, swarm, channel);
      channel.shutdownNow();
      double before = server.rssMegabytes();
      ControlHandle restarted = server.restart();
      measured(
          page,
          "reconnect after a restart",
          restarted,
          swarm,
          1,
          i -> swarm.connect(server.address()));
      page.print(
          "%nRSS of the server: %.0f MB, after the restart and the reconnect storm %.0f MB.%n",
          before, restarted.rssMegabytes());
      restarted.stop();
    }
    return 0;
  }

  /** One repetition; gives milliseconds. */
  private interface Step {
    double run(int repeat) throws Exception;
  }

  private static void measured(
      Page page, String what, ControlHandle server, XdsSwarm swarm, int repeats, Step step)
      throws Exception {
    long responses = swarm.responses.sum();
    long bytes = swarm.bytes.sum();
    double cpu = server.cpuSeconds();
    double[] millis = new double[repeats];
    for (int i = 0; i < repeats; i++) {
      millis[i] = step.run(i);
    }
    Arrays.sort(millis);
    page.print(
        "| %s | %.0f | %.0f | %d | %d | %.0f |%n",
        what,
        millis[repeats / 2],
        millis[repeats - 1],
        (swarm.responses.sum() - responses) / repeats,
        (swarm.bytes.sum() - bytes) / 1000 / repeats,
        (server.cpuSeconds() - cpu) * 1000 / repeats);
  }

  private void churn(Page page, ControlHandle server, XdsSwarm swarm, ManagedChannel channel)
      throws InterruptedException {
    double cpu = server.cpuSeconds();
    long responses = swarm.responses.sum();
    long start = System.nanoTime();
    int changes = churnSeconds * 30;
    for (int i = 0; i < changes; i++) {
      long due = start + i * 1_000_000_000L / 30;
      long wait = due - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
      }
      if (i % 2 == 0) {
        register(channel, i / 2 % services);
      } else {
        deregisterNewest();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double settled = swarm.change(Kind.ENDPOINTS, 0, () -> register(channel, 0));
    page.print(
        "| 30 endpoint changes a second for %.0f s: %.0f %% of a core, %d responses; the next"
            + " change reached all in | %.0f | | | | |%n",
        seconds,
        (server.cpuSeconds() - cpu) / seconds * 100,
        swarm.responses.sum() - responses,
        settled);
  }

  private static double routes(Path config, int version) {
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
    return 0;
  }

  private final List<StreamObserver<RegisterRequest>> open = new ArrayList<>();

  /** One more instance of a service; its lease is held to the end. */
  private void register(ManagedChannel channel, int service) {
    int number = registered++;
    StreamObserver<RegisterRequest> stream = RegistryGrpc.newStub(channel).register(new Ignoring());
    stream.onNext(
        RegisterRequest.newBuilder()
            .setRegister(
                Instance.newBuilder()
                    .setId("i" + number)
                    .setService("service" + service)
                    .setAddress("10.200." + (number >> 8) + "." + (number & 255))
                    .addPorts(Port.newBuilder().setName("http").setInstancePort(8080)))
            .build());
    open.add(stream);
  }

  private void deregisterNewest() {
    StreamObserver<RegisterRequest> newest = open.remove(open.size() - 1);
    newest.onNext(
        RegisterRequest.newBuilder().setDeregister(Deregister.getDefaultInstance()).build());
    newest.onCompleted();
  }

  /** Registration answers are not what is measured. */
  private static final class Ignoring implements StreamObserver<RegisterResponse> {
    @Override
    public void onNext(RegisterResponse value) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}

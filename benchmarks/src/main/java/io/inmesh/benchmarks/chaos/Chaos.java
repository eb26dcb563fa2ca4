package io.inmesh.benchmarks.chaos;

import io.inmesh.benchmarks.chaos.Callers.Kind;
import io.inmesh.benchmarks.chaos.Callers.Tally;
import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.e2e.Ports;
import io.inmesh.benchmarks.report.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Requests with idempotency keys while the world falls apart, from the command line. */
@Command(
    name = "benchmarks/run --chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sends requests with idempotency keys over HTTP/1.1, HTTP/2 and gRPC to servers that are",
      "killed (SIGKILL) and started again, through relays that reset every connection somewhere.",
      "Ends with 1 if a request was executed twice, or too few were answered."
    })
public final class Chaos implements Callable<Integer> {
  /** Also of this machine, but not where servers listen. */
  private static final String RELAYS = "127.0.0.2";

  private static final String CONFIGURATION =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders}
      spec:
        selector: {app: orders}
        ports:
        - {name: http, port: 80}
        - {name: http2, port: 8080}
        - {name: grpc, port: 9000}
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: RoutePolicy
      metadata: {name: orders}
      spec:
        targetRefs: [{kind: Service, name: orders}]
        idempotencyKeys: {}
        perTryTimeout: 4s
        retry:
          attempts: 6
          on: [gateway-error, reset, connect-failure, refused-stream, unavailable]
          backoff: {base: 20ms, max: 1s}
      """;

  @Option(names = "--requests", paramLabel = "N", description = "Keys; ${DEFAULT-VALUE}.")
  private int requests = 100_000;

  @Option(names = "--servers", paramLabel = "N", description = "Processes; ${DEFAULT-VALUE}.")
  private int servers = 3;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Requests in flight; ${DEFAULT-VALUE}.")
  private int concurrency = 8;

  @Option(
      names = "--kill-every",
      paramLabel = "SECONDS",
      description = "From when one server is back until the next is killed; ${DEFAULT-VALUE}.")
  private double killEvery = 10;

  @Option(
      names = "--reset-after",
      paramLabel = "BYTES",
      description = "What a connection carries on average; ${DEFAULT-VALUE}.")
  private int resetAfter = 100_000;

  @Option(
      names = "--held-percent",
      paramLabel = "N",
      description = "Connections that are held back for up to 3 s; ${DEFAULT-VALUE}.")
  private int heldPercent = 2;

  @Option(
      names = "--answered",
      paramLabel = "PERCENT",
      description = "How many must be; ${DEFAULT-VALUE}.")
  private double required = 99.9;

  @Option(names = "--seed", paramLabel = "N", description = "Of the resets; ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = "--out", paramLabel = "FILE", description = "The tables are written there, too.")
  private @Nullable Path out;

  @Spec private @Nullable CommandSpec spec;

  private final List<Replica> replicas = new ArrayList<>();
  private int kills;

  /** Runs the command. */
  public static void main(String[] args) {
    Commands.run(new Chaos(), args);
  }

  @Override
  public Integer call() throws Exception {
    Page page = new Page(out, spec);
    Path scratch = Files.createTempDirectory("inmesh-chaos");
    Path config = Files.createDirectory(scratch.resolve("config"));
    Files.writeString(config.resolve("orders.yaml"), CONFIGURATION);
    Relay.Faults faults = new Relay.Faults(seed, resetAfter, heldPercent, 3_000);
    ControlHandle control = ControlHandle.start(scratch, config);
    String address = "127.0.0.1:" + control.address().getPort();
    try (Callers callers = new Callers(address, requests, "k" + seed)) {
      for (int i = 1; i <= servers; i++) {
        Replica replica =
            new Replica(
                address, "orders-" + i, scratch, RELAYS, Ports.free(), Ports.free(), faults);
        replicas.add(replica);
        replica.start();
      }
      double seconds = load(callers);
      for (Replica replica : replicas) {
        replica.stop(); // nothing is on its way any more
      }
      return report(page, callers, faults, seconds);
    } finally {
      for (Replica replica : replicas) {
        replica.stop();
      }
      control.stop();
    }
  }

  /** Has everything sent, and kills a server from time to time. */
  private double load(Callers callers) throws IOException, InterruptedException {
    List<Thread> threads = new ArrayList<>();
    long begun = System.nanoTime();
    for (int i = 0; i < concurrency; i++) {
      Thread thread = new Thread(callers::run, "caller-" + i);
      threads.add(thread);
      thread.start();
    }
    long killed = begun;
    while (threads.stream().anyMatch(Thread::isAlive)) {
      if (System.nanoTime() - killed > killEvery * 1e9) {
        Replica victim = replicas.get(kills++ % replicas.size());
        victim.kill();
        victim.start();
        killed = System.nanoTime();
        System.out.printf("  %,d of %,d, %d kills%n", callers.over(), requests, kills);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return (System.nanoTime() - begun) / 1e9;
  }

  private int report(Page page, Callers callers, Relay.Faults faults, double seconds)
      throws IOException {
    List<String> executions = new ArrayList<>();
    for (Replica replica : replicas) {
      executions.addAll(replica.executed());
    }
    Verdict verdict = Verdict.of(executions, callers.answered());
    page.print(
        "%,d requests in %.0f s, %d in flight, %d servers; %d times one of them was killed, %.0f s"
            + " after the last one was back.%nConnections reset: %d in a request, %d before a"
            + " response, %d in a response; %d were held back.%n%n",
        requests,
        seconds,
        concurrency,
        servers,
        kills,
        killEvery,
        faults.inRequests.sum(),
        faults.beforeResponses.sum(),
        faults.inResponses.sum(),
        faults.held.sum());
    page.print("| | requests | sent more than once | answered | %% | failures |%n");
    page.print("| --- | --- | --- | --- | --- | --- |%n");
    for (Kind kind : Kind.values()) {
      Tally tally = callers.tally(kind);
      page.print(
          "| %s | %,d | %,d | %,d | %.3f | %s |%n",
          kind,
          tally.over.sum(),
          tally.repeated.sum(),
          tally.answered.sum(),
          100.0 * tally.answered.sum() / Math.max(1, tally.over.sum()),
          tally.failures);
    }
    double answered = 100.0 * callers.answered().size() / requests;
    page.print(
        "%n**%.3f %% answered; %d keys executed, %d of them more than once; %d answered without"
            + " being executed.**%n",
        answered, verdict.executed(), verdict.twice().size(), verdict.never().size());
    verdict.twice().stream().limit(10).forEach(key -> page.print("* twice: %s%n", key));
    verdict.never().stream().limit(10).forEach(key -> page.print("* never: %s%n", key));
    return verdict.holds() && answered >= required ? 0 : 1;
  }
}

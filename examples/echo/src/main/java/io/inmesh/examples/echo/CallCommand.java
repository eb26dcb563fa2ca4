package io.inmesh.examples.echo;

import io.inmesh.Mesh;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Calls a service and says what came back. */
@Command(
    name = "call",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Calls a service of the mesh and says what came back.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all calls were answered as asked (HTTP below 400, gRPC OK)",
      "1:some failed",
      "2:wrong usage"
    })
final class CallCommand implements Callable<Integer> {
  @Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "URL",
      converter = Target.Converter.class,
      description = {
        "http://service[:port]/path or",
        "grpc://service[:port]/package.Service/Method"
      })
  private Target target;

  @Option(names = "-n", paramLabel = "COUNT", defaultValue = "1", description = "How many calls.")
  private long count;

  @Option(
      names = "-c",
      paramLabel = "CONCURRENCY",
      defaultValue = "1",
      description = "How many at the same time.")
  private int concurrency;

  @Option(names = "--qps", paramLabel = "RATE", description = "Calls a second, over all callers.")
  private double rate;

  @Option(names = "-X", paramLabel = "METHOD", description = "HTTP method; GET, or POST with -d.")
  private @Nullable String method;

  @Option(names = "-H", paramLabel = "'K: V'", description = "A header; repeatable.")
  private List<String> headers = new ArrayList<>();

  @Option(names = "-d", paramLabel = "DATA", description = "The body.")
  private @Nullable String data;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      converter = Durations.class,
      description = "Of each call: 250ms, 1.5s, 2m.")
  private @Nullable Duration timeout;

  @Option(names = "--json", description = "A line of JSON per response, then one with a summary.")
  private boolean json;

  @Option(
      names = "--service",
      paramLabel = "NAME",
      defaultValue = "echo-call",
      description = "The name this caller goes by. Default: ${DEFAULT-VALUE}.")
  private String service = "echo-call";

  @Mixin private MeshOptions meshOptions;

  @SuppressWarnings("NullAway.Init") // picocli fills the fields
  CallCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if (count < 1 || concurrency < 1 || rate < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "-n and -c: expected a number of at least 1; --qps: above 0");
    }
    Caller.Request request =
        new Caller.Request(
            method != null ? method : data == null ? "GET" : "POST",
            headers.stream().map(this::header).toList(),
            data == null ? new byte[0] : data.getBytes(StandardCharsets.UTF_8),
            timeout);
    Count total = new Count();
    try (Mesh mesh = Mesh.start(meshOptions.config(service, null));
        Caller caller = new Caller(mesh)) {
      run(caller, request, total);
    }
    spec.commandLine().getOut().println(json ? total.json().toString() : total.text());
    spec.commandLine().getOut().flush();
    return total.allOk() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private void run(Caller caller, Caller.Request request, Count total) throws InterruptedException {
    AtomicLong next = new AtomicLong();
    long begin = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Math.min(concurrency, count); i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  long index;
                  while ((index = next.getAndIncrement()) < count) {
                    pace(begin, index);
                    record(caller.call(target, request), total);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "call-" + i);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Open loop: the call with this index has its time, however slow the ones before were. */
  private void pace(long begin, long index) throws InterruptedException {
    if (rate > 0) {
      long due = begin + (long) (index * 1e9 / rate);
      long wait = due - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
      }
    }
  }

  private void record(Answer answer, Count total) {
    synchronized (total) {
      total.add(answer);
      if (json) {
        spec.commandLine().getOut().println(answer.json());
      } else if (count == 1) {
        spec.commandLine()
            .getOut()
            .println(answer.error() == null ? answer.body() : answer.error());
      }
    }
  }

  private Map.Entry<String, String> header(String text) {
    int colon = text.indexOf(':');
    if (colon < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "-H '" + text + "': expected 'name: value'");
    }
    return Map.entry(text.substring(0, colon).strip(), text.substring(colon + 1).strip());
  }
}

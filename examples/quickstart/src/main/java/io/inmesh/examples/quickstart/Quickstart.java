package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows a real mesh of several processes at work, and that it survives being broken. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts a control server and six services as processes of their own on free loopback ports;",
      "each joins with a token and speaks mutual TLS. Then it",
      "drives load through them, shifts a canary, kills an instance and the control server,",
      "and judges what happened."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every share within 2 points, no failed request but those in flight on the killed instance",
      "1:otherwise",
      "2:wrong usage"
    })
public final class Quickstart implements Callable<Integer> {
  /** The canary's percentage at the start. */
  private static final int FIRST_SHARE = 10;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "About how long the load runs; phases never end before they have enough requests."
              + " Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--json",
      description =
          "Print one JSON object as the last line of standard output; the rest goes to"
              + " standard error.")
  private boolean json;

  @Option(
      names = "--keep",
      description = "Stay up afterwards and print addresses and commands to try; end with Ctrl-C.")
  private boolean keep;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "8",
      description = "Callers at the same time. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--insecure",
      description = "Plaintext without tokens and identities; for experiments only.")
  private boolean insecure;

  private Quickstart() {}

  /** Runs the quickstart. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Quickstart()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (seconds < 1 || concurrency < 1) {
      System.err.println("--seconds and --concurrency: expected a number of at least 1");
      return CommandLine.ExitCode.USAGE;
    }
    PrintStream out =
        json
            ? new PrintStream((OutputStream) System.err, true, StandardCharsets.UTF_8)
            : System.out;
    Path directory = Files.createTempDirectory("inmesh-quickstart-");
    boolean ok = false;
    try {
      ok = run(directory, out);
    } catch (IOException | IllegalStateException e) {
      out.println("quickstart: " + e.getMessage());
    } finally {
      if (ok) {
        delete(directory);
      } else {
        out.println("logs of the processes: " + directory);
      }
    }
    return ok ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private boolean run(Path directory, PrintStream out) throws IOException, InterruptedException {
    RouteFile routes = new RouteFile(directory.resolve("mesh"));
    routes.share(FIRST_SHARE);
    try (MeshProcesses mesh = new MeshProcesses(directory, routes.directory(), insecure)) {
      Thread stop = new Thread(mesh::close, "stop");
      Runtime.getRuntime().addShutdownHook(stop);
      mesh.startServices();
      WebView web = new WebView(mesh.web());
      awaitAnswer(mesh, web);
      out.printf(
          "control server %s, admin %s, web %s, %s%n",
          mesh.xds(), mesh.admin(), mesh.web(), insecure ? "plaintext" : "mutual TLS");
      mesh.all().forEach(c -> out.printf("  %-16s pid %d%n", c.name(), c.pid()));

      Story story;
      String killed = mesh.operator().addressOf("orders", "orders-v1-1");
      try (Load load = new Load(mesh.web().resolve("/"), concurrency)) {
        story = new Story(mesh, routes, web, load, out, seconds, FIRST_SHARE);
        story.tell();
      }
      story.judge(killed);
      Summary summary = new Summary(story);
      summary.print(out);
      if (json) {
        System.out.println(summary.json());
        System.out.flush();
      }
      if (keep) {
        stay(mesh, routes, out);
      }
      Runtime.getRuntime().removeShutdownHook(stop);
      return story.verdict();
    }
  }

  private static void awaitAnswer(MeshProcesses mesh, WebView web)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + 120_000_000_000L;
    while (!web.answers()) {
      List<Child> dead = mesh.all().stream().filter(child -> !child.alive()).toList();
      if (!dead.isEmpty()) {
        throw new IOException(dead.get(0).name() + " ended:\n" + dead.get(0).lastLines());
      }
      if (System.nanoTime() > limit) {
        throw new IOException(
            "the mesh did not answer within 120 s:\n" + mesh.service("web-1").lastLines());
      }
      Pause.millis(100);
    }
  }

  private void stay(MeshProcesses mesh, RouteFile routes, PrintStream out)
      throws IOException, InterruptedException {
    if (!insecure) {
      mesh.operator().joinToken("echo-call", 0, mesh.tokenFile("echo-call"));
    }
    String membership =
        mesh.membership("echo-call").entrySet().stream()
            .map(variable -> variable.getKey() + "=" + variable.getValue())
            .sorted()
            .collect(Collectors.joining(" "));
    out.printf(
        """

        The mesh stays up. Try:
          curl %s/
          curl %s/mesh
          curl%s %s/debug/clients
          edit %s
          java -jar control-server/target/control-server.jar clients --admin %s%s
          %s java -jar examples/echo/target/echo.jar call http://orders/ -n 1000
        Ctrl-C ends it.
        """,
        mesh.web(),
        mesh.web(),
        mesh.adminRoots("--cacert"),
        mesh.admin(),
        routes.path(),
        mesh.admin(),
        mesh.adminRoots("--admin-roots"),
        membership);
    new java.util.concurrent.CountDownLatch(1).await();
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      System.err.println("could not delete " + directory + ": " + e.getMessage());
    }
  }
}

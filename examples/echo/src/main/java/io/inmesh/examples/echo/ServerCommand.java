package io.inmesh.examples.echo;

import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.inmesh.Mesh;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves until it is told to stop, then leaves the mesh in good order. */
@Command(
    name = "server",
    sortOptions = false,
    description = {
      "Joins the mesh as a service and answers every request with what it saw:",
      "HTTP/1.1 and HTTP/2 on one port, gRPC on the other."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"1:could not serve", "2:wrong usage", "143:stopped by SIGTERM"})
final class ServerCommand implements Callable<Integer> {
  @Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--service", paramLabel = "NAME", required = true, description = "Its name.")
  private String service;

  @Option(
      names = "--version",
      paramLabel = "V",
      defaultValue = "v1",
      description = "Its version. Default: ${DEFAULT-VALUE}.")
  private String version;

  @Option(
      names = "--http",
      paramLabel = "PORT",
      description = "HTTP port, 0 for a free one. Default: 0, unless only --grpc is given.")
  private @Nullable Integer httpPort;

  @Option(
      names = "--grpc",
      paramLabel = "PORT",
      description = "gRPC port, 0 for a free one. Default: none.")
  private @Nullable Integer grpcPort;

  @Option(
      names = "--http-service-port",
      paramLabel = "PORT",
      defaultValue = "80",
      description = "The HTTP port that callers name. Default: ${DEFAULT-VALUE}.")
  private int httpServicePort;

  @Option(
      names = "--grpc-service-port",
      paramLabel = "PORT",
      defaultValue = "9000",
      description = "The gRPC port that callers name. Default: ${DEFAULT-VALUE}.")
  private int grpcServicePort;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "The address to listen on. Default: ${DEFAULT-VALUE}.")
  private String bind;

  @Option(
      names = "--status",
      paramLabel = "N",
      defaultValue = "200",
      description = "The HTTP status it answers with. Default: ${DEFAULT-VALUE}.")
  private int status;

  @Option(
      names = "--delay",
      paramLabel = "MS",
      defaultValue = "0",
      description = "How long it takes to answer.")
  private long delay;

  @Option(
      names = "--fail-rate",
      paramLabel = "P",
      defaultValue = "0",
      description = "Share of requests answered with 503, 0 to 1.")
  private double failRate;

  @Mixin private MeshOptions meshOptions;

  // Not picocli's standard pair of options: --version is the service's here.
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @SuppressWarnings("NullAway.Init") // picocli fills the fields
  ServerCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (failRate < 0 || failRate > 1 || status < 200 || status > 599 || delay < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--fail-rate: expected 0 to 1; --status: 200 to 599; --delay: at least 0");
    }
    if (httpPort == null && grpcPort == null) {
      httpPort = 0;
    }
    try (Mesh mesh = Mesh.start(meshOptions.config(service, version));
        Caller caller = new Caller(mesh)) {
      ServerIdentity self =
          new ServerIdentity(service, version, mesh.instance(), PeerNames::current);
      Behaviour behaviour = new Behaviour(status, delay, failRate);
      Forwarding forwarding = new Forwarding(caller);
      List<ServicePort> ports = new ArrayList<>();
      HttpServer http = httpPort == null ? null : http(mesh, self, behaviour, forwarding, ports);
      Server grpc = grpcPort == null ? null : grpc(mesh, self, behaviour, forwarding, ports);
      Registration registration = mesh.register(ports.toArray(ServicePort[]::new));
      awaitRegistered(registration);
      say(mesh, ports);
      CountDownLatch stopped = new CountDownLatch(1);
      CountDownLatch asked = new CountDownLatch(1);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stopWith(asked, stopped), "stop"));
      asked.await();
      leave(registration, http, grpc);
      stopped.countDown();
    }
    return CommandLine.ExitCode.OK;
  }

  private HttpServer http(
      Mesh mesh,
      ServerIdentity self,
      Behaviour behaviour,
      Forwarding forwarding,
      List<ServicePort> ports)
      throws IOException {
    int wanted = httpPort == null ? 0 : httpPort;
    HttpServer server;
    try {
      server = MeshHttpServer.create(mesh, new InetSocketAddress(bind, wanted));
    } catch (IOException e) {
      throw cannotListen("--http", wanted, e);
    }
    server.createContext("/", new EchoHttp(self, behaviour, forwarding));
    server.start();
    ports.add(new ServicePort("http", "http", httpServicePort, server.getAddress().getPort()));
    return server;
  }

  private Server grpc(
      Mesh mesh,
      ServerIdentity self,
      Behaviour behaviour,
      Forwarding forwarding,
      List<ServicePort> ports)
      throws IOException {
    int wanted = grpcPort == null ? 0 : grpcPort;
    Server server =
        MeshServers.builder(mesh, new InetSocketAddress(bind, wanted))
            .fallbackHandlerRegistry(new EchoGrpc(self, behaviour, forwarding))
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw cannotListen("--grpc", wanted, e);
    }
    ports.add(new ServicePort("grpc", "grpc", grpcServicePort, server.getPort()));
    return server;
  }

  private IOException cannotListen(String option, int port, IOException cause) {
    return new IOException(
        option + " " + port + ": cannot listen on " + bind + " (" + cause.getMessage() + ")",
        cause);
  }

  private void awaitRegistered(Registration registration) throws InterruptedException {
    try {
      registration.whenRegistered().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      spec.commandLine().getErr().println("echo: not registered yet: " + e.getMessage());
    } catch (TimeoutException e) {
      spec.commandLine().getErr().println("echo: not registered yet; serving and trying on");
    }
  }

  private void say(Mesh mesh, List<ServicePort> ports) {
    StringBuilder line = new StringBuilder("echo ready: ").append(service).append(' ');
    line.append(version).append(" as ").append(mesh.instance());
    for (ServicePort port : ports) {
      line.append(", ").append(port.name()).append(' ').append(bind).append(':');
      line.append(port.port());
    }
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }

  private static void stopWith(CountDownLatch asked, CountDownLatch stopped) {
    asked.countDown();
    try {
      stopped.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Out of new picks first, then what is under way, then away. */
  private static void leave(
      Registration registration, @Nullable HttpServer http, @Nullable Server grpc)
      throws InterruptedException {
    try {
      registration.drain().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The mesh cannot be told; callers find out by themselves.
    }
    if (http != null) {
      http.stop(5);
    }
    if (grpc != null) {
      grpc.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    }
    registration.close();
  }
}

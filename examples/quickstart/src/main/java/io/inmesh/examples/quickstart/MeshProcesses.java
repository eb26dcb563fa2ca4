package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The processes of the mesh: how each is started, where it listens. Confined to one thread. */
final class MeshProcesses implements AutoCloseable {
  /**
   * Small heaps and quick starts: eight JVMs share the machine. Only the first compiler: the second
   * halves the cost of a request after a minute, and until then costs more than that.
   */
  private static final List<String> JVM =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Xshare:auto");

  private final Path directory;
  private final Path config;
  private final Path libraries;
  private final int xdsPort = freePort();
  private final int adminPort = freePort();
  private final int webPort = freePort();
  private final List<Child> services = new ArrayList<>();
  private final boolean insecure;
  private final Operator operator;
  private Child controlServer;

  /**
   * Starts the control server.
   *
   * @param directory for logs, tokens and the control server's state
   * @param config what the control server serves
   * @param insecure plaintext without identities, instead of mutual TLS
   */
  MeshProcesses(Path directory, Path config, boolean insecure) {
    this.directory = directory;
    this.config = config;
    this.insecure = insecure;
    this.operator = new Operator(admin(), directory.resolve("state"));
    this.libraries = home().resolve("lib");
    this.controlServer = startControlServer();
  }

  String xds() {
    return "127.0.0.1:" + xdsPort;
  }

  URI admin() {
    return URI.create((insecure ? "http" : "https") + "://127.0.0.1:" + adminPort);
  }

  URI web() {
    return URI.create("http://127.0.0.1:" + webPort);
  }

  Operator operator() {
    return operator;
  }

  /** What those who ask the admin port need to know it by; for command lines. */
  String adminRoots(String option) {
    return insecure ? "" : " " + option + " " + directory.resolve("state/admin/roots.pem");
  }

  /** Starts the services; each joins with a token of its own service and registers itself. */
  void startServices() throws IOException, InterruptedException {
    if (!insecure) {
      awaitControlServer();
      operator.joinToken("inventory", 2, tokenFile("inventory"));
      operator.joinToken("orders", 3, tokenFile("orders"));
      operator.joinToken("web", 1, tokenFile("web"));
    }
    for (int i = 1; i <= 2; i++) {
      service("inventory-" + i, "inventory", "v1", Inventory.class, 0);
    }
    service("orders-v1-1", "orders", "v1", Orders.class, 0);
    service("orders-v1-2", "orders", "v1", Orders.class, 0);
    service("orders-v2-1", "orders", "v2", Orders.class, 0);
    service("web-1", "web", "v1", WebApplication.class, webPort);
  }

  /** Who a process of the service is, and how it comes to be that; for its environment. */
  Map<String, String> membership(String service) {
    return insecure
        ? Map.of("INMESH_CONTROL_SERVER", xds(), "INMESH_INSECURE", "true")
        : Map.of(
            "INMESH_CONTROL_SERVER", xds(), "INMESH_TOKEN_FILE", tokenFile(service).toString());
  }

  private void awaitControlServer() throws IOException, InterruptedException {
    long limit = System.nanoTime() + 60_000_000_000L;
    while (!operator.answers()) {
      if (!controlServer.alive() || System.nanoTime() > limit) {
        throw new IOException("the control server does not start:\n" + controlServer.lastLines());
      }
      Pause.millis(50);
    }
  }

  /** Where the token of a service is. */
  Path tokenFile(String service) {
    return directory.resolve(service + ".token");
  }

  private void service(String name, String service, String version, Class<?> main, int port) {
    Map<String, String> environment = new HashMap<>(membership(service));
    environment.put("INMESH_SERVICE", service);
    environment.put("INMESH_VERSION", version);
    environment.put("INMESH_INSTANCE", name);
    services.add(
        Child.start(
            name,
            classPath(),
            Stream.concat(JVM.stream(), Stream.of("-Xmx192m")).toList(),
            directory,
            environment,
            main.getName(),
            List.of(Integer.toString(port))));
  }

  /** Starts the control server again, on the same ports, state and configuration. */
  void restartControlServer() {
    controlServer = startControlServer();
  }

  private Child startControlServer() {
    List<String> arguments = new ArrayList<>();
    arguments.add("serve");
    if (insecure) {
      arguments.add("--insecure");
    }
    arguments.addAll(List.of("--config", config.toString()));
    arguments.addAll(List.of("--state", directory.resolve("state").toString()));
    arguments.addAll(List.of("--xds", xds(), "--admin", admin().getAuthority()));
    return Child.start(
        "control-server",
        List.of(libraries.resolve("control-server.jar"), ownJar()),
        Stream.concat(JVM.stream(), Stream.of("-Xmx256m")).toList(),
        directory,
        Map.of(),
        "io.inmesh.server.cli.Main",
        arguments);
  }

  Child controlServer() {
    return controlServer;
  }

  Child service(String name) {
    return services.stream().filter(child -> child.name().equals(name)).findFirst().orElseThrow();
  }

  /** Every process, control server first. */
  List<Child> all() {
    List<Child> all = new ArrayList<>();
    all.add(controlServer);
    all.addAll(services);
    return all;
  }

  @Override
  public void close() {
    for (int i = services.size() - 1; i >= 0; i--) {
      services.get(i).close();
    }
    controlServer.close();
  }

  private List<Path> classPath() {
    List<Path> path = new ArrayList<>();
    path.add(ownJar());
    try (Stream<Path> jars = Files.list(libraries)) {
      jars.filter(jar -> !jar.getFileName().toString().equals("control-server.jar"))
          .sorted()
          .forEach(path::add);
    } catch (IOException e) {
      throw new UncheckedIOException("the quickstart's libraries are missing: " + libraries, e);
    }
    return path;
  }

  private static Path ownJar() {
    try {
      return Path.of(
          MeshProcesses.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path home() {
    Path parent = ownJar().getParent();
    return parent == null ? Path.of(".") : parent;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.inmesh.spring;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.config.Finding;
import io.inmesh.spring.Container.Running;
import io.inmesh.xds.ConfigDump;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A mesh with a service in each {@link Container}, and the service stock that they call.
 * Configuration comes from a real control server; callers are none of the mesh's.
 */
final class Containers {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Path directory = Files.createTempDirectory("inmesh-containers");
  private final ControlServer control;
  private final List<Mesh> meshes = new ArrayList<>();
  private final Map<Container, Running> running = new EnumMap<>(Container.class);
  private final HttpServer stock;
  private final MeshHttpClient stockClient;
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile HttpHandler stockHandler = exchange -> exchange.sendResponseHeaders(200, -1);
  private List<String> inForce = List.of();
  private int generation;

  /**
   * Starts all.
   *
   * @param more settings of the services in containers
   */
  Containers(UnaryOperator<MeshConfig.Builder> more) throws Exception {
    control = ControlServer.start(ControlServerOptions.loopback(directory));
    Mesh joined = join("stock", config -> config);
    stockClient = MeshHttpClient.create(joined);
    stock =
        MeshHttpServer.create(joined, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    stock.createContext("/", exchange -> stockHandler.handle(exchange));
    stock.start();
    register(joined, stock.getAddress().getPort());
    for (Container container : Container.values()) {
      Mesh mesh = join(container.service(), more);
      Running server = container.start(mesh, new Orders(MeshHttpClient.create(mesh)));
      running.put(container, server);
      register(mesh, server.port());
    }
    config("");
  }

  private Mesh join(String service, UnaryOperator<MeshConfig.Builder> more) {
    Mesh mesh =
        more.apply(
                MeshConfig.builder()
                    .controlServer("127.0.0.1:" + control.xdsAddress().getPort())
                    .service(service)
                    .insecure(true))
            .start();
    meshes.add(mesh);
    return mesh;
  }

  private static void register(Mesh mesh, int port) {
    mesh.register("http", 80, port)
        .whenRegistered()
        .toCompletableFuture()
        .orTimeout(20, TimeUnit.SECONDS)
        .join();
  }

  Running get(Container container) {
    return Objects.requireNonNull(running.get(container));
  }

  /** What stock does from now on. */
  void stock(HttpHandler handler) {
    stockHandler = handler;
  }

  /**
   * Replaces the configuration; in force when it returns.
   *
   * @param documents with {@code %s} where the name of the service in a container belongs
   */
  void config(String... documents) throws Exception {
    if (List.of(documents).equals(inForce)) {
      return;
    }
    inForce = List.of(documents);
    String marker = "marker-" + ++generation;
    String services =
        Stream.concat(
                Stream.of(marker, "stock"), Stream.of(Container.values()).map(Container::service))
            .map(Containers::service)
            .collect(Collectors.joining("---\n"));
    String policies =
        Stream.of(Container.values())
            .flatMap(
                container ->
                    Stream.of(documents)
                        .map(document -> document.replace("%s", container.service())))
            .filter(document -> !document.isBlank())
            .distinct()
            .map(document -> "---\n" + document)
            .collect(Collectors.joining());
    Path hidden = Files.writeString(directory.resolve(".mesh.yaml"), services + policies);
    Files.move(
        hidden,
        directory.resolve("mesh.yaml"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    String listener = marker + ".default.svc.cluster.local:80";
    Shop.await(
        "the configuration is read",
        () -> control.resources().names(TypeUrl.LISTENER).contains(listener));
    settle();
    List<Finding> errors = control.findings().stream().filter(Finding::isError).toList();
    if (!errors.isEmpty()) {
      throw new AssertionError("the configuration has errors: " + errors);
    }
  }

  private static String service(String name) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %1$s}
    spec: {selector: {app: %1$s}, ports: [{port: 80}]}
    """
        .formatted(name);
  }

  /** A RoutePolicy of the service in each container. */
  static String policy(String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %s}
    spec:
      targetRefs: [{kind: Service, name: %s}]
    """
        + spec.indent(2);
  }

  /** Until everybody works by what is served, and nothing more is asked for because of it. */
  private void settle() throws Exception {
    List<Long> before = List.of();
    while (true) {
      long revision = control.resources().revision();
      List<Long> now = new ArrayList<>(List.of(revision));
      for (String type :
          List.of(TypeUrl.CLUSTER, TypeUrl.ENDPOINTS, TypeUrl.LISTENER, TypeUrl.ROUTES)) {
        for (String name : control.resources().names(type)) {
          get(control.clients().awaitAcknowledged(type, name, revision, PATIENCE));
        }
      }
      boolean waiting = false;
      for (Mesh mesh : meshes) {
        ConfigDump dump = get(mesh.dump().toCompletableFuture());
        waiting |=
            dump.entries().stream().anyMatch(entry -> entry.state() == ConfigDump.State.REQUESTED);
        now.add(dump.generation());
      }
      if (!waiting && now.equals(before)) {
        return;
      }
      before = now;
    }
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Asks a container. */
  HttpResponse<String> get(Container container, String path, String... headers) throws Exception {
    return client.send(request(container, path, headers).build(), BodyHandlers.ofString());
  }

  /** Sends something to a container, with a body of some bytes. */
  CompletableFuture<HttpResponse<String>> post(
      Container container, String path, String... headers) {
    return client.sendAsync(
        request(container, path, headers).POST(HttpRequest.BodyPublishers.ofString("body")).build(),
        BodyHandlers.ofString());
  }

  /** The same by a caller that belongs to the mesh. */
  CompletableFuture<HttpResponse<String>> callOfTheMesh(
      Container container, String path, String... headers) {
    return stockClient.sendAsync(
        request("http://" + container.service() + path, headers)
            .POST(HttpRequest.BodyPublishers.ofString("body"))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(Container container, String path, String... headers) {
    return request("http://127.0.0.1:" + get(container).port() + path, headers);
  }

  private static HttpRequest.Builder request(String uri, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri)).timeout(PATIENCE);
    return headers.length == 0 ? request : request.headers(headers);
  }

  /** Writes bytes to a container. */
  Socket write(Container container, String bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), get(container).port());
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  void close() throws Exception {
    for (Running server : running.values()) {
      server.stop().run();
    }
    stock.stop(0);
    meshes.forEach(Mesh::close);
    control.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  /** The one value of a field; null: there is none. */
  static @Nullable String field(HttpResponse<?> response, String name) {
    List<String> values = response.headers().allValues(name);
    if (values.size() > 1) {
      throw new AssertionError(name + " is there more than once: " + values);
    }
    return values.isEmpty() ? null : values.get(0);
  }
}

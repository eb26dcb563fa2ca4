package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Envoy on both sides of a service that is not Java, where one is installed. */
class RealEnvoyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<Runnable> cleanUp = new ArrayList<>();

  @TempDir Path dir;

  @AfterEach
  void stopEverything() {
    cleanUp.forEach(Runnable::run);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void envoy_overAds_routesBalancesAndFollowsChanges(boolean delta) throws Exception {
    Optional<String> envoy = envoy();
    assumeTrue(envoy.isPresent(), "no Envoy is installed; .ci/install-envoy installs one");
    int v1 = application("v1");
    int v2 = application("v2");
    Path config = Files.createDirectory(dir.resolve("config"));
    ServerSocket inboundPort = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    ServerSocket outboundPort = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    int inbound = inboundPort.getLocalPort();
    Files.writeString(config.resolve("service.yaml"), service(inbound, v2));
    Files.writeString(config.resolve("route.yaml"), route("orders-v1"));
    ControlServer control = ControlServer.start(ControlServerOptions.loopback(config));
    cleanUp.add(control::close);
    int outbound = outboundPort.getLocalPort();
    inboundPort.close(); // held until now: the control server may not be given them
    outboundPort.close();
    start(
        envoy.get(),
        new EnvoyBootstrap(control.xdsAddress(), "orders", "shop", "one", delta)
            .inbound(loopback(inbound), loopback(v1)));
    start(
        envoy.get(),
        new EnvoyBootstrap(control.xdsAddress(), "web", "shop", "one", delta)
            .outbound(loopback(outbound)));

    until(outbound, "orders", answer -> answer.body().equals("v1"));
    until(outbound, "orders.shop.svc.cluster.local:80", answer -> answer.body().equals("v1"));
    assertThat(get(outbound, "nobody").statusCode()).isEqualTo(404);

    Files.writeString(config.resolve("route.yaml"), route("orders-v2"));
    until(outbound, "orders", answer -> answer.body().equals("v2"));

    Files.writeString(config.resolve("route.yaml"), route("gone"));
    until(outbound, "orders", answer -> answer.statusCode() == 500);
  }

  private static String service(int v1, int v2) {
    StringBuilder yaml = new StringBuilder();
    for (String name : List.of("orders", "orders-v1", "orders-v2")) {
      String version = name.equals("orders") ? "" : ", version: " + name.substring(7);
      yaml.append(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: %s, namespace: shop}
          spec:
            selector: {app: orders%s}
            ports: [{name: http, port: 80}]
          ---
          """
              .formatted(name, version));
    }
    return yaml + workload("v1", v1) + "---\n" + workload("v2", v2);
  }

  private static String workload(String version, int port) {
    return """
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: orders-%s, namespace: shop}
    spec:
      address: 127.0.0.1
      ports: {http: %d}
      labels: {app: orders, version: %s}
    """
        .formatted(version, port, version);
  }

  private static String route(String backend) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: orders, namespace: shop}
    spec:
      parentRefs: [{group: "", kind: Service, name: orders}]
      rules:
      - backendRefs: [{name: %s, port: 80}]
    """
        .formatted(backend);
  }

  private int application(String body) throws IOException {
    HttpServer server = HttpServer.create(loopback(0), 0);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    cleanUp.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private void start(String envoy, EnvoyBootstrap bootstrap) throws IOException {
    Path file = Files.createTempFile(dir, "envoy", ".json");
    Files.writeString(file, bootstrap.json());
    Process process =
        new ProcessBuilder(
                envoy, "-c", file.toString(), "--use-dynamic-base-id", "--concurrency", "1")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve(file.getFileName() + ".log").toFile())
            .start();
    cleanUp.add(() -> process.destroyForcibly().onExit().join());
  }

  private void until(int port, String host, Predicate<HttpResponse<String>> wanted)
      throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String last = "nothing";
    while (System.nanoTime() < end) {
      try {
        HttpResponse<String> answer = get(port, host);
        if (wanted.test(answer)) {
          return;
        }
        last = answer.statusCode() + " " + answer.body();
      } catch (IOException notYet) {
        last = "no connection";
      }
      Thread.sleep(20);
    }
    assertThat(last).as("what %s answers", host).isEqualTo("as wanted");
  }

  private HttpResponse<String> get(int port, String host) throws Exception {
    // A proxy in the clear is what an outbound listener looks like to an application.
    HttpClient viaEnvoy =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(java.net.ProxySelector.of(loopback(port)))
            .build();
    return viaEnvoy.send(
        HttpRequest.newBuilder(URI.create("http://" + host + "/")).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** On the path, or where .ci/install-envoy puts it. */
  private static Optional<String> envoy() {
    String cache =
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .orElse(System.getProperty("user.home") + "/.cache");
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator, -1)), Stream.of(cache + "/inmesh/envoy/bin"))
        .map(folder -> Path.of(folder, "envoy"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }
}

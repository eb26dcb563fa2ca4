package io.inmesh.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A stock client with nothing but gRPC's own bootstrap: it resolves, balances, follows a change of
 * the route and the removal of an instance, and no call fails over any of it.
 */
@Timeout(180)
class StockClientIT {
  private static final Path JAR = Path.of("..", "target", "control-server.jar");

  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: grpc, port: 9090}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v1, namespace: shop}
      spec: {selector: {app: orders, version: v1}, ports: [{name: grpc, port: 9090}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v2, namespace: shop}
      spec: {selector: {app: orders, version: v2}, ports: [{name: grpc, port: 9090}]}
      """;

  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: orders, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - backendRefs:
          - {name: orders-v1, port: 9090, weight: %d}
          - {name: orders-v2, port: 9090, weight: %d}
      """;

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();
  private final List<Backend> backends = new ArrayList<>();
  private String xds = "";
  private String admin = "";

  @BeforeEach
  void start() throws Exception {
    Path config = Files.createDirectory(directory.resolve("config"));
    Files.writeString(config.resolve("services.yaml"), SERVICES);
    route(1, 0);
    Path ready = directory.resolve("ready.json");
    Process control =
        process(
            "control-server",
            new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                JAR.toString(),
                "serve",
                "--insecure",
                "--config",
                config.toString(),
                "--state",
                directory.resolve("state").toString(),
                "--xds",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--ready-file",
                ready.toString()));
    assertThat(control.inputReader(StandardCharsets.UTF_8).readLine())
        .startsWith("inmesh control server ready");
    xds = field(Files.readString(ready), "xds");
    admin = field(Files.readString(ready), "admin");
    for (String name : List.of("v1-a", "v1-b", "v2-c")) {
      Backend backend = new Backend(name);
      backends.add(backend);
      register(name, backend.port());
    }
  }

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
    backends.forEach(Backend::stop);
  }

  @ParameterizedTest
  @EnumSource
  void stockClient_resolves_balances_andFollowsEveryChange(Counterpart counterpart)
      throws Exception {
    counterpart.missing().ifPresent(why -> assumeTrue(false, why));
    Process client = client(counterpart);
    PrintWriter calls = new PrintWriter(client.getOutputStream(), true, StandardCharsets.UTF_8);
    BufferedReader answers = client.inputReader(StandardCharsets.UTF_8);

    assertThat(
            until(
                counterpart,
                calls,
                answers,
                batch -> batch.contains("v1-a") && batch.contains("v1-b")))
        .as("balanced over both instances of v1, none of v2")
        .containsOnly("v1-a", "v1-b");

    route(0, 1);
    until(counterpart, calls, answers, batch -> batch.stream().allMatch("v2-c"::equals));

    route(1, 0);
    until(counterpart, calls, answers, batch -> batch.contains("v1-a") && batch.contains("v1-b"));
    deregister("v1-b");
    until(counterpart, calls, answers, batch -> batch.stream().allMatch("v1-a"::equals));
  }

  /** Calls in batches until one is as wished; no call may fail but for the client's own fault. */
  private List<String> until(
      Counterpart counterpart,
      PrintWriter calls,
      BufferedReader answers,
      Predicate<List<String>> wish)
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      calls.println(20);
      String line = answers.readLine();
      assertThat(line).as(Files.readString(directory.resolve("client.log"))).isNotNull();
      List<String> batch = List.of(line.split(","));
      assertThat(batch)
          .noneMatch(answer -> answer.startsWith("!") && !counterpart.isOwnFault(answer));
      if (wish.test(batch)) {
        return batch;
      }
      assertThat(System.nanoTime()).as("in time; last: " + batch).isLessThan(end);
    }
  }

  private Process client(Counterpart counterpart) throws IOException {
    List<String> command = new ArrayList<>(counterpart.command());
    command.add("xds:///orders.shop.svc.cluster.local:9090");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(counterpart.environment());
    builder
        .environment()
        .put(
            "GRPC_XDS_BOOTSTRAP_CONFIG",
            """
            {"xds_servers": [{"server_uri": "%s", "channel_creds": [{"type": "insecure"}],
                              "server_features": ["xds_v3"]}],
             "node": {"id": "caller.shop/1", "cluster": "caller", "locality": {"region": "eu"}}}
            """
                .formatted(xds));
    return process("client", builder);
  }

  private Process process(String name, ProcessBuilder builder) throws IOException {
    Process process =
        builder
            .redirectError(ProcessBuilder.Redirect.to(directory.resolve(name + ".log").toFile()))
            .start();
    processes.add(process);
    return process;
  }

  private void route(int v1, int v2) throws IOException {
    Files.writeString(directory.resolve("config").resolve("route.yaml"), ROUTE.formatted(v1, v2));
  }

  private void register(String name, int port) throws Exception {
    String version = name.substring(0, name.indexOf('-'));
    send(
        name,
        "PUT",
        """
        {"address": "127.0.0.1", "version": "%s", "ttl": "10m",
         "ports": [{"name": "grpc", "servicePort": 9090, "instancePort": %d}]}
        """
            .formatted(version, port));
  }

  private void deregister(String name) throws Exception {
    send(name, "DELETE", "");
  }

  private void send(String name, String method, String body) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(admin + "/v1/instances/shop/orders/" + name))
                    .header("Content-Type", "application/json")
                    .method(
                        method,
                        body.isEmpty()
                            ? HttpRequest.BodyPublishers.noBody()
                            : HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
  }

  private static String field(String json, String name) {
    Matcher field = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
    assertThat(field.find()).as(json).isTrue();
    return field.group(1);
  }
}

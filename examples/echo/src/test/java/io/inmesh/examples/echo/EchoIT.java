package io.inmesh.examples.echo;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.Locality;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.CaException;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.RegisteredInstance;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The jar that users run: servers and callers as processes of their own, over mutual TLS. */
class EchoIT {
  private static final Path JAR = Path.of("target", "echo.jar");
  private static final String CALLER = "spiffe://cluster.local/ns/default/sa/echo-call";
  private static final String FRONT = "spiffe://cluster.local/ns/default/sa/front";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  @TempDir static Path logs;
  private static ControlServer control;
  private static final List<Process> servers = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    control = ControlServer.start(ControlServerOptions.loopback().withInsecure(false));
    Process front =
        server(
            "front", "--http", "0", "--grpc", "0", "--label", "tier=web", "--locality", "eu/a/1");
    Process back = server("back", "--version", "v2", "--http", "0", "--grpc", "0", "--delay", "5");
    Process other = server("back", "--version", "v3", "--http", "0", "--namespace", "default");
    Process teapot = server("teapot", "--status", "418", "--grpc", "0", "--http", "0");
    Process broken = server("broken", "--fail-rate", "1");
    for (Process process : List.of(front, back, other, teapot, broken)) {
      assertThat(readyLine(process)).startsWith("echo ready: ");
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @AfterAll
  static void stop() {
    servers.forEach(Process::destroyForcibly);
    control.close();
  }

  private static Process server(String service, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("server", "--service", service));
    arguments.addAll(List.of(more));
    Process process = process(service, arguments);
    servers.add(process);
    return process;
  }

  /** Where a token for one process of a service is. */
  private static Path tokenFile(String service) throws IOException {
    try {
      return Files.writeString(
          Files.createTempFile(logs, service, ".token"),
          Objects.requireNonNull(control.ca())
              .joinToken("default", service, 1, Duration.ofMinutes(5)));
    } catch (CaException e) {
      throw new AssertionError(e);
    }
  }

  /** An echo of its own, told by the environment where the control server is and who it is. */
  private static Process process(String service, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("INMESH_CONTROL_SERVER", target());
    builder.environment().put("INMESH_TOKEN_FILE", tokenFile(service).toString());
    return builder
        .redirectError(ProcessBuilder.Redirect.appendTo(logs.resolve("err.log").toFile()))
        .start();
  }

  private static String target() {
    return "127.0.0.1:" + control.xdsAddress().getPort();
  }

  private static String readyLine(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    return line == null ? Files.readString(logs.resolve("err.log")) : line;
  }

  /** A call in this process; a control server on the command line. */
  private static Run call(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("call"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--json", "--control", target()));
    all.addAll(List.of("--token-file", tokenFile("echo-call").toString()));
    return Run.of(all.toArray(String[]::new));
  }

  @Test
  void server_answersHttp_withWhatItSaw() throws Exception {
    Process process =
        process(
            "echo-call",
            List.of(
                "call",
                "http://front/some/path?q=1",
                "-X",
                "PUT",
                "-H",
                "X-Mine: yes",
                "-d",
                "12345"));
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    JsonNode reply = Reply.JSON.readTree(out.lines().findFirst().orElseThrow());
    assertThat(reply.path("service").asString()).isEqualTo("front");
    assertThat(reply.path("version").asString()).isEqualTo("v1");
    assertThat(reply.path("host").asString()).isNotEmpty();
    assertThat(reply.path("method").asString()).isEqualTo("PUT");
    assertThat(reply.path("path").asString()).isEqualTo("/some/path?q=1");
    assertThat(reply.path("headers").path("x-mine").asString()).isEqualTo("yes");
    assertThat(reply.path("bodySize").asInt()).isEqualTo(5);
    assertThat(reply.path("peer").asString()).isEqualTo(CALLER);
    assertThat(out).contains("1 sent, 1 ok, 0 failed");
  }

  @Test
  void server_answersAnyGrpcMethod_withWhatItSaw() throws Exception {
    Run run = call("grpc://front/made.up.Service/Method", "-H", "x-mine: yes", "-d", "123");

    assertThat(run.exitCode()).as(run.out()).isZero();
    JsonNode answer = run.json().get(0);
    assertThat(answer.path("status").asInt()).isZero();
    assertThat(answer.path("version").asString()).isEqualTo("v1");
    assertThat(answer.path("host").asString()).isNotEmpty();
    assertThat(answer.path("attempts").asInt()).isEqualTo(1);
  }

  @Test
  void json_isALineForEachAnswer_andASummary() throws Exception {
    Run run = call("http://back/", "-n", "40", "-c", "4", "--qps", "1000", "--timeout", "20s");

    assertThat(run.exitCode()).as(run.out()).isZero();
    List<JsonNode> lines = run.json();
    assertThat(lines).hasSize(41);
    assertThat(fields(lines.get(0)))
        .containsExactlyInAnyOrder(
            "status", "version", "host", "attempts", "micros", "headers", "error");
    assertThat(lines.get(0).path("status").asInt()).isEqualTo(200);
    assertThat(lines.get(0).path("error").isNull()).isTrue();
    JsonNode summary = lines.get(40).path("summary");
    assertThat(fields(summary))
        .containsExactlyInAnyOrder(
            "sent", "ok", "failed", "byStatus", "byVersion", "byHost", "p50Micros", "p99Micros");
    assertThat(summary.path("sent").asInt()).isEqualTo(40);
    assertThat(summary.path("ok").asInt()).isEqualTo(40);
    assertThat(summary.path("byStatus").path("200").asInt()).isEqualTo(40);
    assertThat(fields(summary.path("byVersion"))).containsExactlyInAnyOrder("v2", "v3");
    assertThat(summary.path("byHost").size()).isEqualTo(2);
  }

  private static Set<String> fields(JsonNode object) {
    return new HashSet<>(object.propertyNames());
  }

  @Test
  void behaviour_asTold_makesCallsFail() throws Exception {
    Run teapot = call("http://teapot/");
    assertThat(teapot.exitCode()).isEqualTo(1);
    assertThat(teapot.json().get(0).path("status").asInt()).isEqualTo(418);

    Run grpc = call("grpc://teapot/a.B/C");
    assertThat(grpc.exitCode()).isEqualTo(1);
    assertThat(grpc.json().get(0).path("error").asString()).contains("told to answer 418");

    Run broken = call("http://broken/", "-n", "3");
    assertThat(broken.exitCode()).isEqualTo(1);
    assertThat(broken.json().get(3).path("summary").path("byStatus").path("503").asInt())
        .isEqualTo(3);
  }

  @Test
  void forwarding_passesOnDeadlineAndTrace_overEveryHop() throws Exception {
    Run run =
        Run.of(
            "call",
            "grpc://front/first.Hop/Here",
            "--timeout",
            "60s",
            "-H",
            "X-Echo-Call: http://back/second, grpc://front/third.Hop/Here",
            "-H",
            "traceparent: 00-" + TRACE + "-00f067aa0ba902b7-01",
            "--token-file",
            tokenFile("echo-call").toString(),
            "--control",
            target());
    assertThat(run.exitCode()).as(run.out()).isZero();
    JsonNode first = Reply.JSON.readTree(run.out().lines().findFirst().orElseThrow());
    JsonNode second = first.path("forwarded").path("body");
    JsonNode third = second.path("forwarded").path("body");
    assertThat(second.path("path").asString()).isEqualTo("/second");
    assertThat(third.path("path").asString()).isEqualTo("/third.Hop/Here");
    assertThat(first.path("peer").asString()).isEqualTo(CALLER);
    assertThat(second.path("peer").asString()).isEqualTo(FRONT);
    assertThat(third.path("peer").asString()).contains("/sa/back");
    for (JsonNode hop : List.of(first, second, third)) {
      assertThat(hop.path("headers").path("traceparent").asString()).contains(TRACE);
    }
    assertThat(third.path("headers").path("grpc-timeout").asString())
        .as("what is left of the caller's 60 s after a hop over HTTP")
        .matches("\\d+[num]");
  }

  @Test
  void labelsAndLocality_areRegistered() {
    Instance front =
        control
            .registrations()
            .instances()
            .map(RegisteredInstance::instance)
            .filter(instance -> instance.key().service().equals("front"))
            .findFirst()
            .orElseThrow();

    assertThat(front.labels())
        .containsEntry("tier", "web")
        .containsEntry("app", "front")
        .containsEntry("version", "v1");
    assertThat(front.locality()).isEqualTo(new Locality("eu", "a", "1"));
    assertThat(front.ports()).hasSize(2);
  }

  @Test
  void portInUse_isSaid_andExitsWith1() throws Exception {
    try (java.net.ServerSocket taken = new java.net.ServerSocket(0)) {
      for (String option : List.of("--http", "--grpc")) {
        Process process =
            process(
                "late",
                List.of(
                    "server",
                    "--service",
                    "late",
                    "--bind",
                    "0.0.0.0",
                    option,
                    Integer.toString(taken.getLocalPort())));
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readString(logs.resolve("err.log")))
            .contains("echo: " + option + " " + taken.getLocalPort() + ": cannot listen");
      }
    }
  }

  @Test
  void processWithoutToken_isToldWhatItNeeds() {
    Run run = Run.of("call", "http://front/", "--control", target());

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.err()).contains("INMESH_TOKEN", "INMESH_INSECURE=true");
  }

  @Test
  void insecure_isPlaintextWithoutIdentities() throws Exception {
    try (ControlServer plaintext = ControlServer.start(ControlServerOptions.loopback())) {
      String address = "127.0.0.1:" + plaintext.xdsAddress().getPort();
      Process server =
          process(
              "plain", List.of("server", "--service", "plain", "--insecure", "--control", address));
      servers.add(server);
      assertThat(readyLine(server)).startsWith("echo ready: ");

      String[] call = {"call", "http://plain/", "--insecure", "--control", address};
      await(() -> !Run.of(call).out().contains("no such service"));
      Run run = Run.of(call);

      assertThat(run.exitCode()).as(run.err()).isZero();
      JsonNode reply = Reply.JSON.readTree(run.out().lines().findFirst().orElseThrow());
      assertThat(reply.has("peer")).as("there is no identity in plaintext").isFalse();
    }
  }

  @Test
  void sigterm_takesTheInstanceOutOfTheMesh() throws Exception {
    Process leaving = server("leaving");
    assertThat(readyLine(leaving)).startsWith("echo ready: leaving v1 as ");
    assertThat(registered("leaving")).isTrue();

    leaving.destroy();

    assertThat(leaving.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(leaving.exitValue()).isEqualTo(143);
    await(() -> !registered("leaving"));
  }

  private static boolean registered(String service) {
    return control
        .registrations()
        .instances()
        .anyMatch(instance -> instance.instance().key().service().equals(service));
  }
}

package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Bytes;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Relay;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.examples.echo.Echo;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * ID-01, ID-03: two processes as users start them, told no more than where the control server is
 * and who they are, and what somebody on the network between them sees.
 */
class ProcessesTest {
  private static final Pattern PORT = Pattern.compile(" (?:http|grpc) 127\\.0\\.0\\.1:(\\d+)");
  private static final String PERMISSIVE =
      """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: orders}
      spec: {mtls: {mode: PERMISSIVE}}
      """;

  @TempDir private Path directory = Path.of("");
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
  }

  @Timeout(60)
  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void processesWithATokenEach_showTheirHelloAlone_andStrangersAreServedWherePermitted(World world)
      throws Exception {
    boolean grpc = world.transport().grpc();
    BufferedReader orders =
        echo(world, "orders", "server", "--service", "orders", grpc ? "--grpc" : "--http", "0");
    int port = port(orders.readLine());
    try (Relay relay = new Relay(port)) {
      String url = (grpc ? "grpc" : "http") + "://orders/shop.Orders/Get";
      BufferedReader web = echo(world, "echo-call", "call", url, "-d", Bytes.PAYLOAD);
      assertThat(web.lines())
          .as(this::log)
          .anyMatch(line -> line.contains("1 sent, 1 ok, 0 failed"));
      assertThat(relay.recordings())
          .isNotEmpty()
          .allSatisfy(
              connection -> {
                assertThat(connection.beginsWithClientHello()).isTrue();
                assertThat(connection.answered()).isNotEmpty();
                assertThat(connection.shows(Bytes.PAYLOAD)).isFalse();
              });

      String address = Relay.ADDRESS.getHostAddress() + ":" + port;
      Stranger stranger = new Stranger(world.transport(), address);
      assertThat(stranger.isServed()).as("STRICT by default").isFalse();
      world.config(PERMISSIVE);
      // The process puts into force what it has acknowledged.
      world.until("plaintext is served", stranger::isServed);
      assertThat(relay.recordings()).last().matches(connection -> connection.shows(Bytes.PAYLOAD));
    }
  }

  /** Starts an echo that others reach through a relay; what it prints. */
  private BufferedReader echo(World world, String service, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Echo.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("err.log").toFile()));
    builder
        .environment()
        .put("INMESH_CONTROL_SERVER", "127.0.0.1:" + world.control().xdsAddress().getPort());
    builder
        .environment()
        .put("INMESH_TOKEN", world.ca().joinToken("default", service, 1, Duration.ofMinutes(5)));
    builder.environment().put("INMESH_ADDRESS", Relay.ADDRESS.getHostAddress());
    Process process = builder.start();
    processes.add(process);
    return process.inputReader(StandardCharsets.UTF_8);
  }

  /** Where a server listens, by the line with which it says that it is ready. */
  private int port(String line) throws IOException {
    assertThat(line).as(this::log).isNotNull().startsWith("echo ready: orders");
    Matcher port = PORT.matcher(line);
    assertThat(port.find()).as(line).isTrue();
    return Integer.parseInt(port.group(1));
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("err.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}

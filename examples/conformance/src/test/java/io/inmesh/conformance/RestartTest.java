package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.ServicePort;
import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.identity.SealedFiles;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.wire.state.v1.Configuration;
import io.opentelemetry.context.Context;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ID-06, CN-05: a process that was killed comes back while there is no control server. */
@Timeout(120)
class RestartTest {
  @TempDir private Path directory = Path.of("");
  private final List<Process> processes = new ArrayList<>();
  private final Set<String> callers = ConcurrentHashMap.newKeySet();
  private ControlServer control;
  private String target = "";
  private Mesh orders;
  private MeshHttpServer http;
  private Server grpc;

  @BeforeEach
  void start() throws Exception {
    control = ControlServer.start(options());
    target = "127.0.0.1:" + control.xdsAddress().getPort();
    orders =
        MeshConfig.builder().controlServer(target).service("orders").token(token("orders")).start();
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    http = MeshHttpServer.create(orders, free);
    http.createContext("/", this::answer);
    http.start();
    grpc =
        MeshServers.builder(orders, free)
            .addService(
                ServerServiceDefinition.builder("shop.Orders")
                    .addMethod(
                        RestartApplication.METHOD,
                        ServerCalls.asyncUnaryCall(
                            (request, answer) -> {
                              callers.add(caller());
                              answer.onNext(request);
                              answer.onCompleted();
                            }))
                    .build())
            .build()
            .start();
    orders
        .register(
            new ServicePort("http", "http", 80, http.getAddress().getPort()),
            new ServicePort("grpc", "grpc", 9000, grpc.getPort()))
        .whenRegistered()
        .toCompletableFuture()
        .get(15, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
    http.stop(0);
    grpc.shutdownNow();
    orders.close();
    control.abort();
  }

  private ControlServerOptions options() {
    return ControlServerOptions.loopback()
        .withState(directory.resolve("control"))
        .withInsecure(false);
  }

  private String token(String service) throws Exception {
    return Objects.requireNonNull(control.ca())
        .joinToken("default", service, 1, Duration.ofMinutes(5));
  }

  private void answer(HttpExchange exchange) throws IOException {
    callers.add(caller());
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static String caller() {
    Peer peer = CallContext.peer(Context.current());
    return peer == null ? "nobody" : String.valueOf(peer.identity());
  }

  private Path state() {
    return directory.resolve("state");
  }

  private BufferedReader process(Map<String, String> environment, String... options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RestartApplication.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("INMESH_CONTROL_SERVER", target);
    builder.environment().put("INMESH_SERVICE", "web");
    builder.environment().put("INMESH_STATE_DIR", state().toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    return process.inputReader(StandardCharsets.UTF_8);
  }

  private static void await(BufferedReader output, String line) throws IOException {
    List<String> seen = new ArrayList<>();
    while (seen.isEmpty() || !seen.get(seen.size() - 1).contains(line)) {
      String next = output.readLine();
      assertThat(next).as("the end of %s", seen).isNotNull();
      seen.add(next);
    }
  }

  /** What a process needs to reach both ports is on the disk a moment after it has it. */
  private void awaitKept() throws Exception {
    SealedFiles files = SealedFiles.open(state());
    long until = System.nanoTime() + 60_000_000_000L;
    while (true) {
      byte[] kept = files.read("configuration").orElse(new byte[0]);
      long endpoints =
          Configuration.parseFrom(kept).getResourcesList().stream()
              .filter(resource -> resource.is(ClusterLoadAssignment.class))
              .count();
      if (endpoints == 2) {
        return;
      }
      assertThat(until - System.nanoTime()).as("%s endpoints are kept", endpoints).isPositive();
      Thread.sleep(20);
    }
  }

  @Test
  void killedProcess_comesBackWithoutControlServer_andIsServedOverMutualTls() throws Exception {
    BufferedReader first =
        process(
            Map.of(
                "INMESH_TOKEN_FILE",
                Files.writeString(directory.resolve("token"), token("web")).toString()));
    await(first, "http 204, grpc OK, fresh");
    awaitKept();
    processes.get(0).destroyForcibly().waitFor();
    ControlServerOptions again = options().withXdsPort(control.xdsAddress().getPort());
    control.abort();
    callers.clear();

    BufferedReader second = process(Map.of());
    await(second, "http 204, grpc OK, stale");
    assertThat(callers).containsExactly("spiffe://cluster.local/ns/default/sa/web");

    control = ControlServer.start(again);
    await(second, "http 204, grpc OK, fresh");
  }

  @Test
  void stateOfAnotherUser_isRefused() throws Exception {
    BufferedReader first = process(Map.of("INMESH_TOKEN", token("web")));
    await(first, "http 204, grpc OK, fresh");
    processes.get(0).destroyForcibly().waitFor();

    BufferedReader second = process(Map.of(), "-Duser.name=somebody-else");
    await(second, "was sealed on another host or by another user");
    assertThat(processes.get(1).waitFor()).isEqualTo(1);
  }
}

package io.inmesh.examples.echo;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Calls to services that exist and have nobody who answers, and to services that do not exist. */
class EmptyServiceTest {
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: inventory}
      spec: {selector: {app: inventory}, ports: [{name: grpc, port: 9000}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: both}
      spec: {selector: {app: both}, ports: [{name: http, port: 80}, {name: grpc, port: 9000}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: routed}
      spec: {selector: {app: routed}, ports: [{port: 80}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: routed}
      spec:
        parentRefs: [{group: "", kind: Service, name: routed}]
        rules: [{backendRefs: [{name: orders, port: 80}]}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: unselective}
      spec: {ports: [{name: http, port: 80}]}
      """;

  @TempDir static Path config;
  private static ControlServer control;

  @BeforeAll
  static void start() throws Exception {
    Files.writeString(config.resolve("services.yaml"), SERVICES);
    control = ControlServer.start(ControlServerOptions.loopback(config));
  }

  @AfterAll
  static void stop() {
    control.close();
  }

  @ParameterizedTest
  @CsvSource({
    "http://orders/, -1, NO_HEALTHY_ENDPOINT, outbound|80||orders.default.svc.cluster.local",
    "http://orders.default:80/, -1, NO_HEALTHY_ENDPOINT, outbound|80||orders",
    "http://routed/, -1, NO_HEALTHY_ENDPOINT, outbound|80||orders",
    "http://unselective/, -1, NO_HEALTHY_ENDPOINT, outbound|80||unselective",
    "grpc://inventory/a.B/C, 14, UNAVAILABLE, outbound|9000||inventory",
    "grpc://both/a.B/C, 14, UNAVAILABLE, outbound|9000||both",
    "http://nobody/, -1, NO_SUCH_SERVICE, no service 'nobody'",
    "http://ordres/, -1, NO_SUCH_SERVICE, did you mean 'orders.default.svc.cluster.local'?",
    "http://orders:8080/, -1, NO_SUCH_SERVICE, 'has no port 8080, only 80'",
    "grpc://nobody/a.B/C, 14, UNAVAILABLE, no service 'nobody'",
    "grpc://inventry/a.B/C, 14, UNAVAILABLE, did you mean 'inventory.default.svc.cluster.local'?",
  })
  void call_withoutAnyInstance_failsAtOnce_sayingWhy(
      String target, int status, String reason, String detail) {
    Run run =
        Run.of(
            "call",
            target,
            "--json",
            "--insecure",
            "--control",
            "127.0.0.1:" + control.xdsAddress().getPort());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
    JsonNode answer = run.json().get(0);
    assertThat(answer.path("status").asInt()).isEqualTo(status);
    assertThat(answer.path("error").asString()).startsWith(reason + ": ").contains(detail);
  }
}

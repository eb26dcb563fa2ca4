package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.wire.registration.v1.Health;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.xds.Await;
import io.inmesh.xds.ConfigDump;
import io.inmesh.xds.ScriptedControlServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MeshTest {
  private static final String ORDERS = "orders.default.svc.cluster.local:80";
  private static final String CLUSTER = "outbound|80||orders.default.svc.cluster.local";

  private static MeshConfig.Builder config(String target) {
    return MeshConfig.builder()
        .controlServer(target)
        .service("web")
        .version("v1")
        .instance("web-1")
        .insecure(true);
  }

  @Test
  void demand_fetchesTheTreeAndFollowsChanges() {
    try (ScriptedControlServer server = new ScriptedControlServer();
        Mesh mesh = config(server.target()).start()) {
      server.service(ORDERS, CLUSTER, 8081);
      Watched orders = new Watched(mesh, "orders");
      Await.until("endpoints", () -> orders.ports().equals(List.of(8081)));

      server.service(ORDERS, CLUSTER, 8081, 8082);
      Await.until("the second endpoint", () -> orders.ports().equals(List.of(8081, 8082)));

      assertThat(server.requests().get(0).getNode())
          .satisfies(
              node -> {
                assertThat(node.getId()).isEqualTo("web.default/web-1");
                assertThat(node.getCluster()).isEqualTo("web");
                assertThat(node.getMetadata().getFieldsMap())
                    .containsKeys("inmesh.version", "NAMESPACE", "LABELS");
                assertThat(
                        node.getMetadata()
                            .getFieldsOrThrow("LABELS")
                            .getStructValue()
                            .getFieldsOrThrow("version")
                            .getStringValue())
                    .isEqualTo("v1");
              });
    }
  }

  @Test
  void controlServerRestart_keepsWhatIsKnownAndSubscribesAgain() {
    ScriptedControlServer first = new ScriptedControlServer();
    int port = first.port();
    try (Mesh mesh = config(first.target()).start()) {
      first.service(ORDERS, CLUSTER, 8081);
      Watched orders = new Watched(mesh, "orders");
      Await.until("endpoints", () -> orders.ports().equals(List.of(8081)));

      first.close();
      Await.until("the loss", () -> !((RunningMesh) mesh).connected());
      assertThat(orders.ports()).containsExactly(8081);

      try (ScriptedControlServer second = new ScriptedControlServer(port)) {
        second.service(ORDERS, CLUSTER, 8082);
        Await.until("the new endpoint", () -> orders.ports().equals(List.of(8082)));
      }
    }
  }

  @Test
  void unknownName_isAnsweredAtOnce() throws Exception {
    try (ScriptedControlServer server = new ScriptedControlServer();
        Mesh mesh = config(server.target()).dependencies(List.of("nobody")).start()) {
      mesh.whenReady(Duration.ofSeconds(40)).toCompletableFuture().get(40, TimeUnit.SECONDS);
      // What is only missed for long enough is absent without a reason.
      assertThat(mesh.snapshot().absent())
          .containsEntry("nobody.default.svc.cluster.local:80", "not found");
      ConfigDump dump = mesh.dump().toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertThat(dump.entries())
          .anySatisfy(
              entry -> {
                assertThat(entry.name()).startsWith("nobody.default.svc.cluster.local");
                assertThat(entry.state()).isEqualTo(ConfigDump.State.ABSENT);
              });
    }
  }

  @Test
  void registration_goesThroughItsWholeLife() throws Exception {
    try (ScriptedControlServer server = new ScriptedControlServer();
        Mesh mesh =
            config(server.target())
                .labels(Map.of("team", "a"))
                .locality("eu/eu-1")
                .address("10.0.0.7")
                .start()) {
      Registration registration =
          mesh.register(new ServicePort("http", "http", 80, 8081), ServicePort.grpc(9090));
      registration.whenRegistered().toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertThat(server.lastInstance())
          .satisfies(
              instance -> {
                assertThat(instance.getId()).isEqualTo("web-1");
                assertThat(instance.getService()).isEqualTo("web");
                assertThat(instance.getNamespace()).isEqualTo("default");
                assertThat(instance.getVersion()).isEqualTo("v1");
                assertThat(instance.getAddress()).isEqualTo("10.0.0.7");
                assertThat(instance.getLabelsMap())
                    .containsOnly(
                        Map.entry("app", "web"),
                        Map.entry("version", "v1"),
                        Map.entry("team", "a"));
                assertThat(instance.getLocality().getZone()).isEqualTo("eu-1");
                assertThat(instance.getPortsList())
                    .extracting("servicePort_", "instancePort_")
                    .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(80, 8081),
                        org.assertj.core.groups.Tuple.tuple(0, 9090));
              });
      registration.health(Registration.Health.UNHEALTHY);
      registration.drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
      registration.close();
      assertThat(server.registrations())
          .extracting(RegisterRequest::getMessageCase)
          .containsExactly(
              RegisterRequest.MessageCase.REGISTER,
              RegisterRequest.MessageCase.HEALTH,
              RegisterRequest.MessageCase.DRAIN,
              RegisterRequest.MessageCase.DEREGISTER);
    }
  }

  @Test
  void registration_comesBackWithTheSameIdAndHealthAfterARestart() throws Exception {
    ScriptedControlServer first = new ScriptedControlServer();
    int port = first.port();
    try (Mesh mesh = config(first.target()).start()) {
      Registration registration = mesh.register("http", 80, 8081);
      registration.whenRegistered().toCompletableFuture().get(20, TimeUnit.SECONDS);
      registration.health(Registration.Health.UNHEALTHY);
      Await.until("health", () -> first.registrations().size() == 2);
      first.close();
      try (ScriptedControlServer second = new ScriptedControlServer(port)) {
        Await.until("the instance", () -> second.lastInstance().getId().equals("web-1"));
        assertThat(second.lastInstance().getHealth()).isEqualTo(Health.UNHEALTHY);
      }
      registration
          .drain()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS); // nobody to tell: does not hang
    }
  }

  @Test
  void refusedRegistration_saysWhy() {
    try (ScriptedControlServer server = new ScriptedControlServer();
        Mesh mesh = config(server.target()).service("refused").start()) {
      CompletableFuture<Void> registered =
          mesh.register("http", 80, 8081).whenRegistered().toCompletableFuture();
      assertThatThrownBy(() -> registered.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .rootCause()
          .isInstanceOf(MeshException.class)
          .hasMessageContaining("INVALID_ARGUMENT: service: 'refused' is refused");
    }
  }

  @Test
  void start_withoutControlServer_returnsAndReadinessSaysWhatIsWrong() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    try (Logged logged = new Logged();
        Mesh mesh = config("127.0.0.1:" + free).start()) {
      Await.until("it is known", logged::any);
      assertThatThrownBy(
              () ->
                  mesh.whenReady(Duration.ofMillis(150))
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS))
          .rootCause()
          .hasMessage(
              "not ready within 150 ms: nothing listens at '127.0.0.1:"
                  + free
                  + "' (connection refused)");
    }
  }

  @Test
  void close_deregisters() throws Exception {
    try (ScriptedControlServer server = new ScriptedControlServer()) {
      Mesh mesh = config(server.target()).start();
      mesh.register("http", 80, 8081)
          .whenRegistered()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
      mesh.close();
      mesh.close();
      assertThat(server.registrations())
          .extracting(RegisterRequest::getMessageCase)
          .endsWith(RegisterRequest.MessageCase.DEREGISTER);
      assertThatThrownBy(() -> mesh.register("http", 80, 8081))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}

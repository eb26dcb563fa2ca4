package io.inmesh.server;

import static io.inmesh.server.Eventually.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator takes away what registered instances were admitted by. */
class NarrowedBindingsTest {
  @TempDir Path config;
  @TempDir Path state;

  private ControlServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        ControlServer.start(
            ControlServerOptions.loopback(config).withInsecure(false).withState(state));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Mesh join(String service, String version) throws Exception {
    return Mesh.start(
        MeshConfig.builder()
            .controlServer("localhost:" + server.xdsAddress().getPort())
            .service(service)
            .version(version)
            .token(
                Objects.requireNonNull(server.ca())
                    .joinToken("default", service, 1, Duration.ofMinutes(5)))
            .build());
  }

  private static Registration register(Mesh mesh) throws Exception {
    Registration registration = mesh.register(ServicePort.http(8080));
    registration.whenRegistered().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return registration;
  }

  private void bind(String binding) throws IOException {
    Files.writeString(
        config.resolve("mesh.yaml"),
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: mesh}
        spec: {registration: [%s]}
        """
            .formatted(binding));
  }

  private Set<String> registered() {
    return server
        .registrations()
        .instances()
        .map(instance -> instance.key().service())
        .collect(Collectors.toSet());
  }

  @Test
  void binding_toAnother_expelsAtOnceAndTellsWhy() throws Exception {
    try (Mesh orders = join("orders", "v1");
        Mesh web = join("web", "v1")) {
      register(orders);
      register(web);
      await(() -> registered().equals(Set.of("orders", "web")));

      bind("{namespace: default, service: orders, serviceAccounts: [ledger]}");

      await(() -> registered().equals(Set.of("web")));
      assertThatThrownBy(() -> register(orders))
          .hasMessageContaining("sa/orders may not register service 'orders'")
          .hasMessageContaining("binds it to others");
    }
  }

  /** Which services are told of the configuration. */
  private Set<String> connected() {
    return server.clients().clients().stream()
        .map(client -> client.nodeId().replaceFirst("\\..*", ""))
        .collect(Collectors.toSet());
  }

  @Test
  void binding_toAnother_endsStreamsOfConfiguration_andBackLetsThemIn() throws Exception {
    try (Mesh orders = join("orders", "v1");
        Mesh web = join("web", "v1")) {
      assertThat(orders.inbound(8080)).as("asks for its configuration").isNotNull();
      assertThat(web.inbound(8081)).isNotNull();
      await(() -> connected().equals(Set.of("orders", "web")));

      bind("{namespace: default, service: orders, serviceAccounts: [ledger]}");
      await(() -> connected().equals(Set.of("web")));

      bind("");
      await(() -> connected().equals(Set.of("orders", "web")));
    }
  }

  @Test
  void binding_toOtherNetworks_expels() throws Exception {
    bind("{namespace: default, service: orders, serviceAccounts: [orders], networks: [0.0.0.0/0]}");
    try (Mesh orders = join("orders", "v1")) {
      register(orders);
      await(() -> registered().equals(Set.of("orders")));

      bind(
          "{namespace: default, service: orders, serviceAccounts: [orders],"
              + " networks: [192.0.2.0/24]}");

      await(() -> registered().isEmpty());
    }
  }

  @Test
  void service_thatSelectsLabels_expelsWhoMayNotBeIt() throws Exception {
    try (Mesh orders = join("orders", "v1");
        Mesh other = join("other", "v2")) {
      register(orders);
      register(other);
      await(() -> registered().equals(Set.of("orders", "other")));

      Files.writeString(
          config.resolve("vault.yaml"),
          """
          apiVersion: v1
          kind: Service
          metadata: {name: vault, namespace: default}
          spec: {selector: {version: v1}, ports: [{name: http, port: 80}]}
          """);

      await(() -> registered().equals(Set.of("other")));
    }
  }

  @Test
  void binding_changedWhileTheServerWasDown_expelsWhatWasStored() throws Exception {
    try (Mesh orders = join("orders", "v1");
        Mesh web = join("web", "v1")) {
      register(orders);
      register(web);
      await(() -> registered().equals(Set.of("orders", "web")));
      server.abort();
    }
    bind("{namespace: default, service: orders, serviceAccounts: [ledger]}");

    start();

    await(() -> registered().equals(Set.of("web")));
    assertThat(server.registrations().instances())
        .allMatch(instance -> instance.instance().identity().endsWith("sa/web"));
  }
}

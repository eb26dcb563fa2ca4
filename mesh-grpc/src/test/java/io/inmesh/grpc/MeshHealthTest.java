package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.inmesh.Registration;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The health service of a server in the mesh, asked through the mesh. */
class MeshHealthTest {
  private final EngineMesh mesh = new EngineMesh();
  private final MeshHealth health = new MeshHealth();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");
  private final List<Registration.Health> told = new CopyOnWriteArrayList<>();
  private @Nullable Server server;

  private final class Registered implements Registration {
    @Override
    public CompletionStage<Void> whenRegistered() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void health(Health value) {
      told.add(value);
    }

    @Override
    public CompletionStage<Void> drain() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    server = MeshServers.builder(mesh, port).addService(health).build().start();
    mesh.update(
        Snapshots.service("orders", Cluster.Protocol.HTTP2, Snapshots.endpoint("127.0.0.1", port)));
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    if (server != null) {
      server.shutdownNow();
    }
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private ServingStatus of(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  @Test
  void server_servesFromTheBeginning() {
    assertThat(of("")).isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> of("unknown")).hasMessageContaining("NOT_FOUND");
  }

  @Test
  void change_isSaidToThoseWhoAsk_andToTheMesh() {
    health.tell(new Registered());
    health.healthy(false);
    assertThat(of("")).isEqualTo(ServingStatus.NOT_SERVING);
    health.healthy(true);
    assertThat(of("")).isEqualTo(ServingStatus.SERVING);
    assertThat(told)
        .containsExactly(
            Registration.Health.HEALTHY,
            Registration.Health.UNHEALTHY,
            Registration.Health.HEALTHY);
  }

  @Test
  void oneService_isNotTheMeshsBusiness() {
    health.tell(new Registered());
    health.healthy("shop.Orders", false);
    assertThat(of("shop.Orders")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(told).containsExactly(Registration.Health.HEALTHY);
  }

  @Test
  void stopped_staysNotServing() {
    health.stop();
    health.healthy(true);
    assertThat(of("")).isEqualTo(ServingStatus.NOT_SERVING);
  }
}

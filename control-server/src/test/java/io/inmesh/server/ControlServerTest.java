package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.grpc.Status;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.ServicePort;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.registry.LeaseState;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistryOptions;
import io.inmesh.wire.registration.v1.Deregister;
import io.inmesh.wire.registration.v1.Drain;
import io.inmesh.wire.registration.v1.RegisterRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole server in this process, over real sockets. */
class ControlServerTest {
  private static final String ORDERS = "outbound|80||orders.default.svc.cluster.local";

  @TempDir Path dir;

  @Test
  void register_thenSubscribe_getsTheEndpoint() throws Exception {
    try (ControlServer server = ControlServer.start(patient());
        TestClient client = new TestClient(server.xdsAddress())) {
      TestClient.Registration first = client.register("orders", "a", "v1", 8081);
      assertThat(first.next().hasRegistered()).isTrue();
      assertThat(first.next().getPropagated().getWatching()).isZero();
      assertThat(server.resources().names(TypeUrl.ENDPOINTS)).contains(ORDERS);
      TestClient.Subscription eds = client.subscribe(TypeUrl.ENDPOINTS, ORDERS);
      assertThat(eds.until(ClusterLoadAssignment.class, cla -> endpoints(cla).size() == 1))
          .isNotNull();

      TestClient.Registration second = client.register("orders", "b", "v1", 8082);
      assertThat(second.next().hasRegistered()).isTrue();
      ClusterLoadAssignment two =
          eds.until(ClusterLoadAssignment.class, cla -> endpoints(cla).size() == 2);
      assertThat(endpoints(two))
          .extracting(e -> e.getEndpoint().getAddress().getSocketAddress().getPortValue())
          .containsExactlyInAnyOrder(8081, 8082);
      assertThat(endpoints(two).get(0).getEndpoint().getAddress().getSocketAddress().getAddress())
          .isEqualTo("127.0.0.1");

      assertThat(second.next().getPropagated().getAcknowledged()).as("one client").isEqualTo(1);

      TestClient.Subscription lds =
          client.subscribe(TypeUrl.LISTENER, "orders.default.svc.cluster.local:80");
      assertThat(lds.until(Listener.class, listener -> true).getName())
          .isEqualTo("orders.default.svc.cluster.local:80");
    }
  }

  @Test
  void register_moreThanAServiceMayHave_tellsTheProcess() throws Exception {
    RegistryOptions defaults = RegistryOptions.DEFAULTS;
    ControlServerOptions options =
        ControlServerOptions.loopback()
            .withRegistry(
                new RegistryOptions(defaults.terms(), defaults.propagationBound(), 10, 1, null));
    try (ControlServer server = ControlServer.start(options);
        TestClient client = new TestClient(server.xdsAddress());
        Mesh second =
            Mesh.start(
                MeshConfig.builder()
                    .controlServer("localhost:" + server.xdsAddress().getPort())
                    .service("orders")
                    .insecure(true)
                    .build())) {
      assertThat(client.register("orders", "a", "v1", 8081).next().hasRegistered()).isTrue();

      assertThatThrownBy(
              () ->
                  second
                      .register(ServicePort.http(8080))
                      .whenRegistered()
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS))
          .hasMessageContaining("service default/orders has its maximum of 1 instances");
    }
  }

  @Test
  void drain_watched_isAnsweredOnceTheClientHasIt() throws Exception {
    try (ControlServer server = ControlServer.start(patient());
        TestClient client = new TestClient(server.xdsAddress())) {
      TestClient.Registration a = client.register("orders", "a", "v1", 8081);
      assertThat(a.next().hasRegistered()).isTrue();
      assertThat(a.next().hasPropagated()).isTrue();
      TestClient.Subscription eds = client.subscribe(TypeUrl.ENDPOINTS, ORDERS);
      assertThat(eds.until(ClusterLoadAssignment.class, cla -> endpoints(cla).size() == 1))
          .isNotNull();

      a.send(RegisterRequest.newBuilder().setDrain(Drain.getDefaultInstance()).build());
      ClusterLoadAssignment draining =
          eds.until(
              ClusterLoadAssignment.class,
              cla ->
                  endpoints(cla).stream()
                      .anyMatch(e -> e.getHealthStatus() == HealthStatus.DRAINING));
      assertThat(draining).isNotNull();
      var drained = a.next().getDrained();
      assertThat(drained.getWatching()).isEqualTo(1);
      assertThat(drained.getAcknowledged()).isEqualTo(1);

      a.send(RegisterRequest.newBuilder().setDeregister(Deregister.getDefaultInstance()).build());
      assertThat(a.next().hasDeregistered()).isTrue();
      assertThat(a.end()).isEqualTo(Status.OK);
      Eventually.await("nobody is registered", () -> server.registrations().size() == 0);
    }
  }

  @Test
  void close_sendsClientsAwayAndKeepsTheRegistry() throws Exception {
    ControlServerOptions options = ControlServerOptions.loopback().withState(dir);
    ControlServer before = ControlServer.start(options);
    int port = before.xdsAddress().getPort();
    try (TestClient client = new TestClient(before.xdsAddress())) {
      TestClient.Registration registration = client.register("orders", "a", "v1", 8081);
      assertThat(registration.next().hasRegistered()).isTrue();
      before.close();
      assertThat(registration.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
    try (ControlServer server = ControlServer.start(options.withXdsPort(port));
        TestClient client = new TestClient(server.xdsAddress())) {
      assertThat(server.xdsAddress().getPort()).isEqualTo(port);
      assertThat(server.registrations().instances())
          .extracting(RegisteredInstance::lease)
          .containsExactly(LeaseState.SUSPECT);
      TestClient.Subscription eds = client.subscribe(TypeUrl.ENDPOINTS, ORDERS);
      assertThat(eds.until(ClusterLoadAssignment.class, cla -> endpoints(cla).size() == 1))
          .isNotNull();
      assertThat(client.register("orders", "a", "v1", 8081).next().getRegistered().getEpoch())
          .isEqualTo(2);
    }
  }

  @Test
  void start_portInUse_saysWhichAndLeavesNothingBehind() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort());
      ControlServerOptions options = ControlServerOptions.loopback().withState(dir);
      assertThatThrownBy(() -> ControlServer.start(options.withXds(address)))
          .isInstanceOf(ControlServerException.class)
          .hasMessageStartingWith("--xds 127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("choose another with --xds");
      assertThatThrownBy(() -> ControlServer.start(options.withAdmin(address)))
          .isInstanceOf(ControlServerException.class)
          .hasMessageStartingWith("--admin 127.0.0.1:" + taken.getLocalPort());
      ControlServer.start(options).close();
    }
  }

  @Test
  void start_insecureBeyondLoopback_isRefused() {
    InetSocketAddress anyone = new InetSocketAddress("0.0.0.0", 0);
    assertThatThrownBy(() -> ControlServer.start(ControlServerOptions.loopback().withXds(anyone)))
        .isInstanceOf(ControlServerException.class)
        .hasMessageStartingWith("--xds 0.0.0.0:0")
        .hasMessageContaining("only loopback addresses");
    assertThatThrownBy(() -> ControlServer.start(ControlServerOptions.loopback().withAdmin(anyone)))
        .isInstanceOf(ControlServerException.class)
        .hasMessageStartingWith("--admin 0.0.0.0:0")
        .hasMessageContaining("only loopback addresses");
  }

  /** Waits for acknowledgements longer than a machine may stand still. */
  private static ControlServerOptions patient() {
    RegistryOptions usual = RegistryOptions.DEFAULTS;
    return ControlServerOptions.loopback()
        .withRegistry(
            new RegistryOptions(
                usual.terms(),
                Duration.ofSeconds(60),
                usual.maxInstances(),
                usual.maxServiceInstances(),
                null));
  }

  private static List<LbEndpoint> endpoints(ClusterLoadAssignment assignment) {
    return assignment.getEndpointsList().stream()
        .flatMap(locality -> locality.getLbEndpointsList().stream())
        .toList();
  }
}

package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.controlplane.cache.NodeGroup;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.xds.Await;
import io.inmesh.xds.ConfigDump;
import io.inmesh.xds.Resources;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** java-control-plane's server, which is not ours, as the control server. */
@Timeout(60)
class ForeignControlPlaneTest {
  private static final String ORDERS = "orders.default.svc.cluster.local:80";
  private static final String CLUSTER = "outbound|80||orders.default.svc.cluster.local";

  private final SimpleCache<String> cache =
      new SimpleCache<>(
          new NodeGroup<String>() {
            @Override
            public String hash(Node node) {
              return node.getCluster();
            }
          });
  private final Server server;
  private final Mesh mesh;

  ForeignControlPlaneTest() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new V3DiscoveryServer(cache).getAggregatedDiscoveryServiceImpl())
            .build()
            .start();
    mesh =
        MeshConfig.builder()
            .controlServer("127.0.0.1:" + server.getPort())
            .service("web")
            .insecure(true)
            .start();
  }

  @BeforeEach
  void goodAtFirst() {
    publish("1", Resources.routes(ORDERS, CLUSTER), 1);
  }

  @AfterEach
  void close() throws InterruptedException {
    mesh.close();
    server.shutdownNow().awaitTermination();
  }

  private void publish(String version, RouteConfiguration routes, int... ports) {
    cache.setSnapshot(
        "web",
        Snapshot.create(
            List.of(Resources.cluster(CLUSTER)),
            List.of(Resources.endpoints(CLUSTER, ports)),
            List.of(Resources.listener(ORDERS)),
            List.of(routes),
            List.of(),
            version));
  }

  @Test
  void resources_areFetchedAndFollowed() {
    Watched orders = new Watched(mesh, "orders");
    Await.until("endpoints", () -> orders.ports().equals(List.of(1)));
    publish("2", Resources.routes(ORDERS, CLUSTER), 1, 2);
    Await.until("the change", () -> orders.ports().equals(List.of(1, 2)));
  }

  @Test
  void badVersion_isRefusedAndTheNextGoodOneTaken() throws Exception {
    Watched orders = new Watched(mesh, "orders");
    Await.until("endpoints", () -> orders.ports().equals(List.of(1)));
    publish("2", Resources.badRoutes(ORDERS), 1);
    Await.until(
        "the NACK",
        () -> {
          try {
            return mesh.dump().toCompletableFuture().get(20, TimeUnit.SECONDS).entries().stream()
                .anyMatch(
                    entry ->
                        entry.type().equals("RDS")
                            && entry.state() == ConfigDump.State.NACKED
                            && entry.error().contains("weights sum to zero")
                            && entry.version().equals("1"));
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertThat(orders.ports()).containsExactly(1);
    publish("3", Resources.routes(ORDERS, CLUSTER), 3);
    Await.until("the good version", () -> orders.ports().equals(List.of(3)));
  }

  @Test
  void nameThatItNeverAnswers_isAbsentAfterAWhileAndDelaysNobody() {
    Watched orders = new Watched(mesh, "orders");
    Await.until("endpoints", () -> orders.ports().equals(List.of(1)));
    Watched nobody = new Watched(mesh, "nobody");
    Await.until("absence", () -> nobody.updates() > 0);
    assertThat(nobody.clusters()).isEmpty();
    assertThat(orders.ports()).containsExactly(1);
  }
}

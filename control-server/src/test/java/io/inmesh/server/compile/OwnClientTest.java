package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.grpc.InsecureChannelCredentials;
import io.inmesh.control.HostResolver;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.PathMatch;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.WeightedCluster;
import io.inmesh.wire.ControlChannel;
import io.inmesh.xds.ConfigClient;
import io.inmesh.xds.ConfigDump;
import io.inmesh.xds.KnownFilters;
import io.inmesh.xds.NodeIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Our own client understands everything it is sent, down to the last field. */
class OwnClientTest {
  private static final String ORDERS = "orders.shop.svc.cluster.local:80";
  private static final String CONFIG =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}, {name: grpc, port: 9090}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: orders, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders, port: 80}]
        rules:
        - name: api
          matches:
          - path: {value: /api/}
            method: GET
            headers: [{name: X-A, value: "1"}, {name: X-B, type: RegularExpression, value: "b+"}]
            queryParams: [{name: q, value: "1"}]
          filters:
          - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: 100%}], remove: [b]}}
          timeouts: {request: 2s, backendRequest: 1s}
          backendRefs:
          - {name: orders, port: 80, weight: 9}
          - {name: gone, port: 80, weight: 1}
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: RoutePolicy
      metadata: {name: orders, namespace: shop}
      spec:
        targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}]
        retry: {attempts: 2, on: [gateway-error], codes: [503], backoff: {base: 10ms}}
        allowNonIdempotent: true
      """;

  private final ThreadControlLoop loop = new ThreadControlLoop("own-client-test");
  private final AtomicReference<MeshSnapshot> snapshot = new AtomicReference<>(MeshSnapshot.EMPTY);
  private @Nullable ServedMesh mesh;
  private @Nullable ControlChannel channel;
  private @Nullable ConfigClient client;

  @BeforeEach
  void start() throws Exception {
    mesh = new ServedMesh();
    mesh.serve(
        CONFIG,
        instance("shop", "orders", "a")
            .at("10.0.0.1")
            .version("v1")
            .in("eu", "x")
            .weight(3)
            .port("http", "http", 80, 8080)
            .port("grpc", "grpc", 9090, 9091));
    channel =
        ControlChannel.open(
            mesh.target(), InsecureChannelCredentials.create(), loop, Randomness.SYSTEM);
    client =
        ConfigClient.start(
            channel,
            new NodeIdentity(
                "caller.shop/1",
                "caller",
                "caller.shop.svc.cluster.local",
                Map.of("inmesh.version", "0.1.0", "NAMESPACE", "shop"),
                Locality.UNKNOWN,
                "0.1.0"),
            KnownFilters.NONE,
            loop,
            Randomness.SYSTEM,
            HostResolver.system(Runnable::run),
            true,
            null,
            snapshot::set);
  }

  @AfterEach
  void stop() throws Exception {
    Objects.requireNonNull(client).close();
    Objects.requireNonNull(channel).close();
    Objects.requireNonNull(mesh).close();
    loop.close();
  }

  @Test
  void everything_isAcceptedWithoutARemark_andMeansWhatWasWritten() throws Exception {
    ConfigClient own = Objects.requireNonNull(client);
    own.whenResolved(List.of(ORDERS, "orders.shop.svc.cluster.local:9090"), List.of(8080, 9091))
        .toCompletableFuture()
        .get(40, TimeUnit.SECONDS);

    ConfigDump dump = own.dump().toCompletableFuture().get(40, TimeUnit.SECONDS);
    assertThat(dump.entries())
        .isNotEmpty()
        .allSatisfy(
            entry -> {
              assertThat(entry.error()).as(entry.name()).isEmpty();
              assertThat(entry.remarks()).as(entry.name()).isEmpty();
              assertThat(entry.state()).as(entry.name()).isEqualTo(ConfigDump.State.ACKED);
            });
    Objects.requireNonNull(mesh).assertAccepted();

    MeshSnapshot known = Objects.requireNonNull(snapshot.get());
    assertThat(known.servers().keySet()).containsExactlyInAnyOrder(8080, 9091);
    Route route =
        Objects.requireNonNull(known.listeners().get(ORDERS))
            .routes()
            .virtualHosts()
            .get(0)
            .routes()
            .get(0);
    assertThat(route.name()).isEqualTo("HTTPRoute shop/orders#api");
    assertThat(route.match().path()).isEqualTo(new PathMatch.SegmentPrefix("/api", true));
    assertThat(route.match().headers()).hasSize(3);
    assertThat(route.match().queries()).hasSize(1);
    assertThat(route.headers().requestAdds().get(0).value()).isEqualTo("100%%");
    RouteAction.Forward forward = (RouteAction.Forward) route.action();
    assertThat(forward.timeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(forward.clusters())
        .extracting(WeightedCluster::weight, WeightedCluster::fixedStatus)
        .containsExactly(tuple(9, 0), tuple(1, 500));
    var retry = Objects.requireNonNull(forward.retry());
    assertThat(retry.nonIdempotentAllowed()).isTrue();
    assertThat(retry.avoidPreviousHosts()).isTrue();
    assertThat(retry.perTryTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(retry.on())
        .containsExactlyInAnyOrder(
            "connect-failure",
            "gateway-error",
            "refused-stream",
            "reset-before-request",
            "retriable-status-codes");

    Cluster http = cluster(known, "outbound|80||orders.shop.svc.cluster.local");
    Cluster grpc = cluster(known, "outbound|9090||orders.shop.svc.cluster.local");
    assertThat(http.protocol()).isEqualTo(Cluster.Protocol.HTTP1);
    assertThat(grpc.protocol()).isEqualTo(Cluster.Protocol.HTTP2);
    Endpoint endpoint = grpc.localities().get(0).endpoints().get(0);
    assertThat(endpoint.address().getPort()).isEqualTo(9091);
    assertThat(endpoint.weight()).isEqualTo(3);
    assertThat(endpoint.metadata())
        .containsEntry("namespace", "shop")
        .containsEntry("version", "v1")
        .containsEntry("workload", "orders");
  }

  private static Cluster cluster(MeshSnapshot snapshot, String name) {
    return Objects.requireNonNull(snapshot.clusters().get(name), name);
  }
}

package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.Status;
import io.inmesh.xds.Await;
import io.inmesh.xds.Resources;
import io.inmesh.xds.ScriptedControlServer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A control server that misbehaves: what was good stays, and what comes right again is used. */
@Timeout(60)
class HostileServerTest {
  private static final String ORDERS = "orders.default.svc.cluster.local:80";
  private static final String V1 = "outbound|80||orders.default.svc.cluster.local";
  private static final String V2 = "outbound|80||orders2.default.svc.cluster.local";
  private static final String LDS = Resources.url(Listener.getDefaultInstance());
  private static final String RDS = Resources.url(RouteConfiguration.getDefaultInstance());
  private static final String CDS = Resources.url(Cluster.getDefaultInstance());
  private static final String EDS = Resources.url(ClusterLoadAssignment.getDefaultInstance());

  private final ScriptedControlServer server = new ScriptedControlServer();
  private final Mesh mesh =
      MeshConfig.builder().controlServer(server.target()).service("web").insecure(true).start();
  private final Watched orders = new Watched(mesh, "orders");

  @BeforeEach
  void goodAtFirst() {
    server.service(ORDERS, V1, 1);
    Await.until("the first endpoints", () -> orders.ports().equals(List.of(1)));
  }

  @AfterEach
  void close() {
    mesh.close();
    server.close();
  }

  private ScriptedControlServer.Stream stream() {
    Await.until("a stream", () -> !server.streams().isEmpty());
    return server.streams().get(0);
  }

  private void comesRightAgain() {
    server.put(Resources.endpoints(V1, 99));
    Await.until("the good update", () -> orders.ports().equals(List.of(99)));
  }

  private long nacks() {
    return server.requests().stream().filter(DiscoveryRequest::hasErrorDetail).count();
  }

  @Test
  void nackStorm_keepsTheLastGoodVersion() {
    for (int i = 0; i < 200; i++) {
      stream()
          .send(stream().response(RDS).addResources(Any.pack(Resources.badRoutes(ORDERS))).build());
    }
    Await.until("a NACK for each", () -> nacks() == 200);
    assertThat(server.requests())
        .filteredOn(DiscoveryRequest::hasErrorDetail)
        .allSatisfy(
            request ->
                assertThat(request.getErrorDetail().getMessage())
                    .contains(ORDERS)
                    .contains(
                        "virtual_hosts[0].routes[0].route.weighted_clusters.clusters: weights sum"
                            + " to zero"));
    assertThat(orders.ports()).containsExactly(1);
    comesRightAgain();
  }

  @Test
  void repeats_changeNothing() {
    int before = orders.updates();
    for (int i = 0; i < 100; i++) {
      stream()
          .send(
              stream()
                  .response(EDS)
                  .setNonce("same")
                  .addResources(Any.pack(Resources.endpoints(V1, 1)))
                  .build());
    }
    Await.until(
        "the last ACK",
        () ->
            server.requests().stream().filter(r -> r.getResponseNonce().equals("same")).count()
                == 100);
    assertThat(orders.updates()).isEqualTo(before);
    assertThat(nacks()).isZero();
  }

  @Test
  void unknownTypesAndUnrequestedResources_areSkipped() {
    stream()
        .send(
            stream()
                .response("type.googleapis.com/made.up.Type")
                .addResources(Any.pack(Resources.endpoints(V1, 7)))
                .build());
    stream()
        .send(
            stream().response(EDS).addResources(Any.pack(Resources.endpoints("other", 8))).build());
    comesRightAgain();
    assertThat(server.opened()).isEqualTo(1);
  }

  @Test
  void halfClosedStream_isOpenedAgainAtOnce() {
    stream().complete();
    Await.until("a second stream", () -> server.opened() == 2);
    comesRightAgain();
    // What the client holds is named, so that a server need not send it again.
    assertThat(server.requests())
        .filteredOn(request -> request.getTypeUrl().equals(EDS))
        .anySatisfy(
            request -> {
              assertThat(request.getResponseNonce()).isEmpty();
              assertThat(request.getVersionInfo()).isNotEmpty();
            });
  }

  @Test
  void streamThatAlwaysFails_isRetriedWithBackOff() {
    server.refuse(Status.UNAVAILABLE.withDescription("go away"));
    int before = server.opened();
    long start = System.nanoTime();
    stream().fail(Status.UNAVAILABLE);
    Await.until("four more streams", () -> server.opened() >= before + 4);
    // Between four that fail at once lie pauses of at least 100, 160 and 256 ms.
    assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(516));
    assertThat(orders.ports()).containsExactly(1);
    server.refuse(null);
    Await.until("a stream", () -> !server.streams().isEmpty());
    comesRightAgain();
  }

  @Test
  void garbageInsideAResource_isNacked() {
    Random random = new Random(42);
    byte[] bytes = new byte[2000];
    random.nextBytes(bytes);
    for (String url : List.of(LDS, RDS, CDS, EDS)) {
      stream()
          .send(
              stream()
                  .response(url)
                  .addResources(
                      Any.newBuilder().setTypeUrl(url).setValue(ByteString.copyFrom(bytes)))
                  .build());
    }
    Await.until("four NACKs", () -> nacks() == 4);
    assertThat(orders.ports()).containsExactly(1);
  }

  @Test
  void garbageInsteadOfAResponse_costsOnlyTheStream() {
    stream().sendRaw(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2, 3});
    Await.until("a second stream", () -> server.opened() == 2);
    assertThat(orders.ports()).containsExactly(1);
    comesRightAgain();
  }

  @Test
  void hugeResponse_costsOnlyTheStream() {
    stream().sendRaw(new byte[65 << 20]);
    Await.until("a second stream", () -> server.opened() == 2);
    assertThat(orders.ports()).containsExactly(1);
    comesRightAgain();
  }

  @Test
  void oversizedResource_isRefused() {
    stream()
        .send(
            stream()
                .response(RDS)
                .addResources(Any.pack(Resources.manyRoutes(ORDERS, V1, 20_001)))
                .build());
    Await.until("the NACK", () -> nacks() == 1);
    assertThat(server.requests())
        .filteredOn(DiscoveryRequest::hasErrorDetail)
        .singleElement()
        .satisfies(
            request ->
                assertThat(request.getErrorDetail().getMessage())
                    .contains(ORDERS)
                    .contains("virtual_hosts[0].routes: more than 20000 routes in all"));
    assertThat(orders.ports()).containsExactly(1);
  }

  @Test
  void deletedService_disappearsAndComesBack() {
    server.remove(Resources.listener(ORDERS));
    Await.until("nothing", () -> orders.clusters().isEmpty());
    server.put(Resources.listener(ORDERS));
    Await.until("the service", () -> orders.ports().equals(List.of(1)));
  }

  @Test
  void flappingRoutes_endInTheLastState_andNeverInBetween() {
    server.put(Resources.cluster(V2), Resources.endpoints(V2, 2));
    for (int i = 0; i < 50; i++) {
      server.put(Resources.routes(ORDERS, i % 2 == 0 ? V2 : V1));
    }
    server.put(Resources.routes(ORDERS, V2));
    Await.until("the last state", () -> orders.clusters().equals(List.of(V2)));
    assertThat(orders.ports()).containsExactly(2);
  }

  @Test
  void goodResourceBesideABadOne_isAccepted() {
    Watched users = new Watched(mesh, "users");
    String name = "users.default.svc.cluster.local:80";
    server.put(Resources.listener(name));
    Await.until(
        "the request for its routes",
        () ->
            server.requests().stream()
                .anyMatch(
                    r -> r.getTypeUrl().equals(RDS) && r.getResourceNamesList().contains(name)));
    server.put(Resources.cluster(V2), Resources.endpoints(V2, 2));
    stream()
        .send(
            stream()
                .response(RDS)
                .addResources(Any.pack(Resources.badRoutes(ORDERS)))
                .addResources(Any.pack(Resources.routes(name, V2)))
                .build());
    Await.until("the good one", () -> users.ports().equals(List.of(2)));
    assertThat(orders.ports()).containsExactly(1);
  }

  @Test
  void missingResource_doesNotDelayTheOthers() {
    Watched nobody = new Watched(mesh, "nobody");
    Watched users = new Watched(mesh, "users");
    server.service("users.default.svc.cluster.local:80", V2, 2);
    Await.until("the one that exists", () -> users.ports().equals(List.of(2)));
    Await.until("the answer for the other", () -> nobody.updates() > 0);
    assertThat(nobody.clusters()).isEmpty();
    // What is only missed for long enough is absent without a reason.
    assertThat(mesh.snapshot().absent())
        .containsEntry("nobody.default.svc.cluster.local:80", "not found");
  }
}

package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ZoneAware;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SnapshotAssemblerTest {
  static final NodeIdentity NODE =
      new NodeIdentity(
          "web.default/1",
          "web",
          "web.default.mesh",
          Map.of(),
          new Locality("eu", "a", ""),
          "test");

  private static final String ORDERS = "orders.default.svc.cluster.local:80";
  private static final String V1 = "outbound|80||orders-v1.default.svc.cluster.local";
  private static final String V2 = "outbound|80||orders-v2.default.svc.cluster.local";

  private final ManualClock clock = new ManualClock();
  private final FakeTransport transport = new FakeTransport(clock);
  private final List<MeshSnapshot> published = new ArrayList<>();
  private final FakeResolver resolver = new FakeResolver();
  private final SnapshotAssembler assembler =
      new SnapshotAssembler(
          transport, NODE, clock, resolver, true, Randomness.SYSTEM, published::add, () -> {});

  @AfterEach
  void nothingLeaks() {
    clock.execute(assembler::close);
    assertThat(transport.watched()).isEmpty();
    assertThat(transport.doubleCancels).isZero();
  }

  private void want(String name) {
    clock.execute(() -> assembler.want(name));
  }

  private MeshSnapshot last() {
    return published.get(published.size() - 1);
  }

  private io.inmesh.model.Cluster cluster(String name) {
    return Objects.requireNonNull(last().clusters().get(name));
  }

  private ClientListener listener(String name) {
    return Objects.requireNonNull(last().listeners().get(name));
  }

  private void complete(String listener, String cluster, int... ports) {
    transport.send(ResourceKind.LISTENER, Protos.listener(listener));
    transport.send(ResourceKind.ROUTES, Protos.routes(listener, cluster));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(cluster));
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(cluster, ports));
  }

  private static List<Integer> ports(io.inmesh.model.Cluster cluster) {
    return cluster.localities().stream()
        .flatMap(locality -> locality.endpoints().stream())
        .map(endpoint -> endpoint.address().getPort())
        .toList();
  }

  @Test
  void publish_onlyWhenTheWholeTreeIsThere() {
    want(ORDERS);
    assertThat(transport.watched()).containsExactly("LDS " + ORDERS);
    transport.send(ResourceKind.LISTENER, Protos.listener(ORDERS));
    assertThat(transport.watched()).contains("RDS " + ORDERS);
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, V1));
    assertThat(transport.watched()).contains("CDS " + V1);
    transport.send(ResourceKind.CLUSTER, Protos.cluster(V1));
    assertThat(transport.watched()).contains("EDS " + V1);
    assertThat(published).isEmpty();

    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V1, 1, 2));

    assertThat(published).hasSize(1);
    assertThat(last().listeners()).containsOnlyKeys(ORDERS);
    assertThat(ports(cluster(V1))).containsExactly(1, 2);
    assertThat(cluster(V1).service()).isEqualTo("orders-v1.default.svc.cluster.local");
  }

  @Test
  void routeChange_keepsThePreviousTreeUntilTheNewClusterIsComplete() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    MeshSnapshot before = last();

    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, Protos.split(V1, 50, V2, 50)));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(V2));
    assertThat(last()).isSameAs(before);

    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V2, 2));
    assertThat(last().clusters()).containsOnlyKeys(V1, V2);

    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, V2));
    assertThat(last().clusters()).containsOnlyKeys(V2);
    assertThat(transport.watched()).doesNotContain("CDS " + V1, "EDS " + V1);
  }

  @Test
  void endpointsOfThePublishedTree_stillArriveWhileTheNewOneIsIncomplete() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, V2));

    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V1, 7));

    assertThat(ports(cluster(V1))).containsExactly(7);
    assertThat(last().clusters()).doesNotContainKey(V2);
  }

  @Test
  void clusterThatDoesNotExist_doesNotHoldTheTreeUp() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, Protos.split(V1, 50, V2, 50)));
    transport.absent(ResourceKind.CLUSTER, V2);

    assertThat(last().clusters()).containsOnlyKeys(V1);
    assertThat(listener(ORDERS).routes().virtualHosts().get(0).routes()).hasSize(1);
  }

  @Test
  void listenerThatDoesNotExist_isNamed() {
    want("nobody.default.svc.cluster.local:80");
    transport.absent(ResourceKind.LISTENER, "nobody.default.svc.cluster.local:80");
    assertThat(last().absent()).containsOnlyKeys("nobody.default.svc.cluster.local:80");

    complete("nobody.default.svc.cluster.local:80", V1, 1);
    assertThat(last().absent()).isEmpty();
    assertThat(last().listeners()).containsKey("nobody.default.svc.cluster.local:80");
  }

  @Test
  void deletedListener_becomesAbsentAtOnce() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    transport.absent(ResourceKind.LISTENER, ORDERS);
    assertThat(last().listeners()).isEmpty();
    assertThat(last().absent()).containsOnlyKeys(ORDERS);
    assertThat(last().clusters()).isEmpty();
  }

  @Test
  void silence_countsAsAbsenceOnlyWhileTheServerAnswersOthers() {
    transport.quiet = false;
    want(ORDERS);
    clock.advanceMillis(60_000);
    assertThat(published).isEmpty();

    transport.quiet = true;
    clock.advanceMillis(3_000);
    assertThat(last().absent()).containsOnlyKeys(ORDERS);
  }

  @Test
  void absentName_thatNobodyWantsAnyMore_isForgotten() {
    want(ORDERS);
    transport.absent(ResourceKind.LISTENER, ORDERS);
    clock.advanceMillis(30_000);
    want(ORDERS);
    clock.advanceMillis(31_000);
    assertThat(last().absent()).containsOnlyKeys(ORDERS);
    clock.advanceMillis(60_000);
    assertThat(last().absent()).isEmpty();
    assertThat(transport.watched()).isEmpty();
    assertThat(clock.pending()).isZero();
  }

  @Test
  void rejectedUpdate_keepsTheLastGoodVersion_andSaysWhy() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    MeshSnapshot before = last();

    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, Protos.split(V1, 0, V2, 0)));

    assertThat(last()).isSameAs(before);
    ConfigDump dump = ConfigDump.of(1, assembler.subscriptions(), List.of());
    assertThat(dump.entries())
        .filteredOn(entry -> entry.type().equals("RDS"))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(ConfigDump.State.NACKED);
              assertThat(entry.error())
                  .isEqualTo(
                      "virtual_hosts[0].routes[0].route.weighted_clusters.clusters: weights sum to"
                          + " zero");
            });
    assertThat(dump.entries())
        .filteredOn(entry -> !entry.type().equals("RDS"))
        .allSatisfy(entry -> assertThat(entry.state()).isEqualTo(ConfigDump.State.ACKED));
  }

  @Test
  void resourceThatWasNeverValid_failsClosed() {
    want(ORDERS);
    transport.send(ResourceKind.LISTENER, Protos.listener(ORDERS));
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, Protos.split(V1, 0, V2, 0)));
    assertThat(listener(ORDERS).routes().virtualHosts()).isEmpty();
  }

  @Test
  void lostControlServer_changesNothing() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    MeshSnapshot before = last();
    transport.quiet = false;
    transport.unreachable("gone");
    clock.advanceMillis(3_600_000);
    assertThat(last()).isSameAs(before);
  }

  @Test
  void unchangedClusters_areTheSameObjects() {
    want(ORDERS);
    complete(ORDERS, V1, 1);
    io.inmesh.model.Cluster before = cluster(V1);
    want("other.default.svc.cluster.local:80");
    complete("other.default.svc.cluster.local:80", V2, 2);
    assertThat(cluster(V1)).isSameAs(before);
    assertThat(last().generation()).isEqualTo(2);
  }

  @Test
  void servedPort_isPublishedByPort_andNeverAbsentAsAService() {
    clock.execute(() -> assembler.serve(8080));
    transport.send(ResourceKind.LISTENER, Protos.serverListener(8080));
    assertThat(last().servers()).containsOnlyKeys(8080);
    transport.absent(ResourceKind.LISTENER, ServerListenerName.of(8080));
    assertThat(last().servers()).isEmpty();
    assertThat(last().absent()).isEmpty();
  }

  @Test
  void servedPort_thatNobodyKnows_hasWhatAppliesToAnyPort() {
    clock.execute(() -> assembler.serve(8080));
    transport.send(ResourceKind.LISTENER, Protos.serverListener(0));
    assertThat(published).as("it may have its own").isEmpty();
    transport.absent(ResourceKind.LISTENER, ServerListenerName.of(8080));
    assertThat(last().servers()).containsOnlyKeys(8080);
    assertThat(last().servers().values()).extracting(ServerListener::port).containsExactly(8080);
    transport.send(ResourceKind.LISTENER, Protos.serverListener(8080));
    transport.absent(ResourceKind.LISTENER, ServerListenerName.ANY_PORT);
    assertThat(last().servers()).containsOnlyKeys(8080);
    transport.absent(ResourceKind.LISTENER, ServerListenerName.of(8080));
    assertThat(last().servers()).isEmpty();
  }

  @Test
  void zoneAwareCluster_learnsWhereItsCallersAre_withoutWaitingForThem() {
    want(ORDERS);
    transport.send(ResourceKind.LISTENER, Protos.listener(ORDERS));
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, V1));
    Cluster.Builder cluster = Protos.cluster(V1).toBuilder();
    cluster.getCommonLbConfigBuilder().getZoneAwareLbConfigBuilder();
    transport.send(ResourceKind.CLUSTER, cluster.build());
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V1, 1));
    assertThat(callers(V1)).isNull();
    assertThat(transport.watched()).contains("EDS inmesh.local|web.default.mesh");
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints("inmesh.local|web.default.mesh", 7, 8));
    ZoneAware.Callers callers = Objects.requireNonNull(callers(V1));
    assertThat(callers.own()).isEqualTo(NODE.locality());
    assertThat(callers.localities().get(0).endpoints()).hasSize(2);

    transport.send(ResourceKind.CLUSTER, Protos.cluster(V1));
    assertThat(transport.watched()).doesNotContain("EDS inmesh.local|web.default.mesh");
  }

  private ZoneAware.@Nullable Callers callers(String cluster) {
    return Objects.requireNonNull(cluster(cluster).balancer().zoneAware()).callers();
  }

  @Test
  void aggregateCluster_stacksItsChildrensPriorities() {
    want(ORDERS);
    transport.send(ResourceKind.LISTENER, Protos.listener(ORDERS));
    transport.send(ResourceKind.ROUTES, Protos.routes(ORDERS, "both"));
    transport.send(ResourceKind.CLUSTER, aggregate("both", V1, "both", V2));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(V1));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(V2));
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V1, 1));
    assertThat(published).isEmpty();
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V2, 2));

    assertThat(cluster("both").localities())
        .extracting(LocalityEndpoints::priority)
        .containsExactly(0, 1);
  }

  private static Cluster aggregate(String name, String... clusters) {
    return Cluster.newBuilder()
        .setName(name)
        .setClusterType(
            Cluster.CustomClusterType.newBuilder()
                .setName("envoy.clusters.aggregate")
                .setTypedConfig(
                    com.google.protobuf.Any.pack(
                        ClusterConfig.newBuilder().addAllClusters(List.of(clusters)).build())))
        .build();
  }

  /** A service that others begin to take calls over for: its endpoints are those it had. */
  @Test
  void clusterThatBecomesAnAggregate_staysUntilItsPartsAreKnown() {
    want(ORDERS);
    complete(ORDERS, V1, 1);

    transport.send(ResourceKind.CLUSTER, aggregate(V1, "own", V2));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(V2));
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints(V2, 2));
    assertThat(ports(cluster(V1))).containsExactly(1);

    transport.send(ResourceKind.CLUSTER, Protos.cluster("own"));
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints("own", 1));
    assertThat(ports(cluster(V1))).containsExactly(1, 2);
  }
}

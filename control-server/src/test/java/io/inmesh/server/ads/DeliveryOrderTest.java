package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.LDS;
import static io.inmesh.server.ads.Engine.RDS;
import static io.inmesh.server.ads.Engine.names;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.inmesh.control.ManualClock;
import io.inmesh.server.ads.Engine.Delta;
import io.inmesh.server.ads.Engine.Sotw;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is sent when: make before break, back-pressure, chunks, Envoy's warming. */
class DeliveryOrderTest {
  private static final String VIEW = ResourceStore.DEFAULT_VIEW;

  private final Engine engine = new Engine();

  private static List<String> types(List<DiscoveryResponse> responses) {
    return responses.stream().map(r -> TypeUrl.shortName(r.getTypeUrl())).toList();
  }

  private static void with(ResourceBatch.Builder batch, String type, String name, int content) {
    batch.upsert(type, name, VIEW, Engine.resource(type, name, content));
  }

  /** A client that holds route r, listener l and cluster old with its endpoints. */
  private Sotw settled(ClientKind kind) {
    for (String type : List.of(CDS, EDS)) {
      engine.put(type, "old", 1);
    }
    engine.put(LDS, "l", 1);
    engine.put(RDS, "r", 1);
    Sotw client = engine.sotw(kind);
    client.subscribe(LDS, "l");
    client.ack(client.one(), "l");
    client.subscribe(RDS, "r");
    client.ack(client.one(), "r");
    client.subscribe(CDS, "old");
    client.ack(client.one(), "old");
    client.subscribe(EDS, "old");
    client.ack(client.one(), "old");
    return client;
  }

  @Test
  void batch_isDeliveredInMakeBeforeBreakOrder() {
    Sotw client = settled(ClientKind.GRPC);
    ResourceBatch.Builder batch = ResourceBatch.builder();
    with(batch, RDS, "r", 2);
    with(batch, LDS, "l", 2);
    with(batch, EDS, "old", 2);
    with(batch, CDS, "old", 2);
    engine.store.publish(batch.build());
    assertThat(types(client.take())).containsExactly("cds", "eds", "lds", "rds");
  }

  @Test
  void routes_waitForTheClustersThatWaitForAnAck() {
    Sotw client = settled(ClientKind.GRPC);
    engine.put(CDS, "old", 2);
    DiscoveryResponse clusters = client.one();
    ResourceBatch.Builder batch = ResourceBatch.builder();
    with(batch, CDS, "old", 3);
    with(batch, RDS, "r", 2);
    engine.store.publish(batch.build());
    assertThat(client.take()).isEmpty();
    client.ack(clusters, "old");
    assertThat(types(client.take())).containsExactly("cds", "rds");
  }

  @Test
  void removedCluster_staysUntilTheRouteThatUsedItIsReplaced() {
    Sotw client = settled(ClientKind.GRPC);
    ResourceBatch.Builder batch = ResourceBatch.builder();
    with(batch, RDS, "r", 2);
    batch.remove(CDS, "old", VIEW);
    batch.remove(EDS, "old", VIEW);
    engine.store.publish(batch.build());
    DiscoveryResponse routes = client.one();
    assertThat(routes.getTypeUrl()).isEqualTo(RDS);
    client.ack(routes, "r");
    DiscoveryResponse clusters = client.one();
    assertThat(clusters.getTypeUrl()).isEqualTo(CDS);
    assertThat(clusters.getResourcesList()).isEmpty();
    client.ack(clusters, "old");
    DiscoveryResponse endpoints = client.one();
    assertThat(Engine.missing(endpoints)).containsExactly("old");
  }

  @Test
  void removedCluster_staysInAResponseSentMeanwhile() {
    Sotw client = settled(ClientKind.ENVOY);
    Sotw envoy = engine.sotw(ClientKind.ENVOY);
    envoy.subscribe(CDS);
    envoy.ack(envoy.one());
    envoy.subscribe(RDS, "r");
    envoy.ack(envoy.one(), "r");
    client.take();
    ResourceBatch.Builder batch = ResourceBatch.builder();
    with(batch, CDS, "new", 1);
    with(batch, RDS, "r", 2);
    batch.remove(CDS, "old", VIEW);
    engine.store.publish(batch.build());
    List<DiscoveryResponse> made = envoy.take();
    assertThat(types(made)).containsExactly("cds", "rds");
    assertThat(names(made.get(0))).containsExactly("new", "old");
    envoy.ack(made.get(0));
    assertThat(envoy.take()).isEmpty();
    envoy.ack(made.get(1), "r");
    assertThat(names(envoy.one())).containsExactly("new");
  }

  @Test
  void delta_removesLastToo() {
    Delta client = engine.delta(ClientKind.INMESH);
    engine.put(CDS, "old", 1);
    engine.put(RDS, "r", 1);
    client.subscribe(CDS);
    client.ack(client.one());
    client.subscribe(RDS, "r");
    client.ack(client.one());
    ResourceBatch.Builder batch = ResourceBatch.builder();
    with(batch, CDS, "new", 1);
    with(batch, RDS, "r", 2);
    batch.remove(CDS, "old", VIEW);
    engine.store.publish(batch.build());
    List<DeltaDiscoveryResponse> made = client.take();
    assertThat(made).hasSize(2);
    assertThat(names(made.get(0))).containsExactly("new");
    assertThat(made.get(0).getRemovedResourcesList()).isEmpty();
    client.ack(made.get(0));
    client.ack(made.get(1));
    assertThat(client.one().getRemovedResourcesList()).containsExactly("old");
  }

  @Test
  void nothingIsSentWhileTheTransportIsFull() {
    Sotw client = settled(ClientKind.GRPC);
    client.out.ready = false;
    for (int i = 2; i < 50; i++) {
      engine.put(EDS, "old", i);
      engine.put(CDS, "old", i);
    }
    assertThat(client.take()).isEmpty();
    client.out.ready = true;
    client.stream.ready();
    assertThat(types(client.take())).containsExactly("cds", "eds");
  }

  @Test
  void largeFirstAnswer_comesInChunks_eachAfterTheAckOfTheOneBefore() {
    AdsLimits small =
        new AdsLimits(
            1 << 20,
            1_000,
            100,
            1_000,
            32,
            10,
            4_096,
            32 << 20,
            Duration.ofSeconds(30),
            Duration.ofMinutes(5));
    Engine chunked = new Engine(new ManualClock(), small, ViewSelector.DEFAULT);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add("cluster-" + i);
      chunked.put(EDS, "cluster-" + i, 1);
      chunked.put(CDS, "cluster-" + i, 1);
    }
    String[] names = all.toArray(String[]::new);
    Sotw client = chunked.sotw(ClientKind.GRPC);
    client.subscribe(EDS, names);
    List<String> received = new ArrayList<>();
    int chunks = 0;
    for (List<DiscoveryResponse> news = client.take(); !news.isEmpty(); news = client.take()) {
      assertThat(news).hasSize(1);
      assertThat(news.get(0).getSerializedSize()).isLessThan(5_000);
      received.addAll(names(news.get(0)));
      chunks++;
      client.ack(news.get(0), names);
    }
    assertThat(received).containsExactlyInAnyOrderElementsOf(all);
    assertThat(chunks).isBetween(3, 20);
    client.subscribe(CDS, names);
    assertThat(names(client.one())).hasSize(200);
  }

  @Test
  void envoy_getsEndpointsAfterAChangedCluster() {
    Sotw client = settled(ClientKind.ENVOY);
    engine.put(CDS, "old", 2);
    assertThat(types(client.take())).containsExactly("cds", "eds");

    Engine.Delta delta = engine.delta(ClientKind.ENVOY);
    delta.subscribe(CDS);
    delta.ack(delta.one());
    delta.subscribe(EDS, "old");
    delta.ack(delta.one());
    engine.put(CDS, "old", 3);
    assertThat(delta.take().stream().map(r -> TypeUrl.shortName(r.getTypeUrl())))
        .containsExactly("cds", "eds");
  }

  @Test
  void envoyThatReconnects_getsItsEndpoints() {
    Sotw before = settled(ClientKind.ENVOY);
    String version =
        engine.clients.clients().get(0).types().stream()
            .filter(type -> type.typeUrl().equals(EDS))
            .findFirst()
            .orElseThrow()
            .versionAcknowledged();
    before.stream.cancelled();
    for (ClientKind kind : ClientKind.values()) {
      Sotw again = engine.sotw(kind);
      again.resume(EDS, version, "old");
      assertThat(names(again.one()))
          .isEqualTo(kind == ClientKind.INMESH ? List.of() : List.of("old"));
    }
    Engine.Delta delta = engine.delta(ClientKind.ENVOY);
    delta.resume(
        EDS,
        java.util.Map.of("old", engine.store.version(EDS, "old", List.of(VIEW)).orElseThrow()),
        "old");
    assertThat(names(delta.one())).containsExactly("old");
  }

  @Test
  void versionFromBeforeTheResourcesWereDropped_isNotTrusted() {
    Sotw before = settled(ClientKind.GRPC);
    String version =
        engine.clients.clients().get(0).types().stream()
            .filter(type -> type.typeUrl().equals(EDS))
            .findFirst()
            .orElseThrow()
            .versionAcknowledged();
    before.stream.cancelled();
    Sotw again = engine.sotw(ClientKind.GRPC);
    again.subscribe(CDS, "old");
    again.ack(again.one(), "old");
    again.resume(EDS, version, "old");
    assertThat(names(again.one())).containsExactly("old");
  }

  @Test
  void eachViewGetsItsOwn_elseTheDefault() {
    Engine viewed =
        new Engine(
            new ManualClock(),
            AdsLimits.DEFAULT,
            node ->
                ClientKind.of(node) == ClientKind.ENVOY ? List.of("envoy") : List.of("ours", VIEW));
    Message common = Engine.resource(CDS, "c", 1);
    viewed.store.publish(
        ResourceBatch.builder()
            .upsert(CDS, "c", VIEW, common)
            .upsert(CDS, "d", VIEW, Engine.resource(CDS, "d", 1))
            .upsert(CDS, "c", "ours", Engine.resource(CDS, "c", 2))
            .upsert(CDS, "e", "envoy", Engine.resource(CDS, "e", 1))
            .build());
    Sotw ours = viewed.sotw(ClientKind.GRPC);
    ours.subscribe(CDS);
    DiscoveryResponse first = ours.one();
    assertThat(names(first)).containsExactly("c", "d");
    assertThat(first.getResourcesList())
        .anySatisfy(
            any ->
                assertThat(
                        any.unpack(io.envoyproxy.envoy.config.cluster.v3.Cluster.class)
                            .getAltStatName())
                    .isEqualTo("2"));
    Sotw envoy = viewed.sotw(ClientKind.ENVOY);
    envoy.subscribe(CDS);
    DiscoveryResponse foreign = envoy.one();
    assertThat(names(foreign)).containsExactly("e");
    ours.ack(first);
    envoy.ack(foreign);

    viewed.store.publish(
        ResourceBatch.builder().upsert(CDS, "c", VIEW, Engine.resource(CDS, "c", 3)).build());
    assertThat(ours.take()).as("hidden behind the view's own").isEmpty();
    viewed.store.publish(ResourceBatch.builder().remove(CDS, "c", "ours").build());
    assertThat(names(ours.one())).containsExactly("c", "d");
    assertThat(envoy.take()).isEmpty();
    viewed.store.publish(ResourceBatch.builder().complete().upsert(CDS, "c", VIEW, common).build());
    assertThat(viewed.store.names(CDS)).containsExactly("c");
    assertThat(envoy.one().getResourcesList()).isEmpty();
  }
}

package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.LDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import io.inmesh.control.ManualClock;
import io.inmesh.server.ads.Engine.Delta;
import io.inmesh.server.ads.Engine.Recorder;
import io.inmesh.server.ads.Engine.Sotw;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Bounds, slow clients, what is shown of clients, and waiting for acknowledgements. */
class StreamLimitsTest {
  private static final AdsLimits SMALL =
      new AdsLimits(
          1_000,
          3,
          10,
          4,
          2,
          10,
          512 << 10,
          32 << 20,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5));

  private final ManualClock clock = new ManualClock();
  private final Engine engine = new Engine(clock, SMALL, ViewSelector.DEFAULT);
  private final Sotw client = engine.sotw(ClientKind.GRPC);

  private static void assertRefused(Recorder out, Status.Code code, String text) {
    assertThat(out.closed).isNotNull();
    assertThat(out.closed.getCode()).isEqualTo(code);
    assertThat(out.closed.getDescription()).contains(text);
  }

  @Test
  void tooManyNamesInARequest_areRefused() {
    client.subscribe(EDS, "a", "b", "c", "d");
    assertRefused(client.out, Status.Code.RESOURCE_EXHAUSTED, "4 resource names");
    Delta delta = engine.delta(ClientKind.INMESH);
    delta.subscribe(EDS, "a", "b", "c", "d");
    assertRefused(delta.out, Status.Code.RESOURCE_EXHAUSTED, "4 resource names");
  }

  @Test
  void tooManyNamesOnAStream_areRefused() {
    client.subscribe(EDS, "a", "b", "c");
    client.subscribe(CDS, "a", "b");
    assertRefused(client.out, Status.Code.RESOURCE_EXHAUSTED, "more than 4 resources");
    Delta delta = engine.delta(ClientKind.INMESH);
    delta.subscribe(EDS, "a", "b", "c");
    delta.subscribe(EDS, "d", "e");
    assertRefused(delta.out, Status.Code.RESOURCE_EXHAUSTED, "more than 4 resources");
    assertThat(engine.store.index().size()).as("nothing is left behind").isZero();
  }

  @Test
  void longAndEmptyNames_areRefused() {
    client.subscribe(EDS, "a".repeat(11));
    assertRefused(client.out, Status.Code.INVALID_ARGUMENT, "1 to 10 characters, not 11");
    Delta delta = engine.delta(ClientKind.INMESH);
    delta.subscribe(EDS, "");
    assertRefused(delta.out, Status.Code.INVALID_ARGUMENT, "1 to 10 characters, not 0");
  }

  @Test
  void longNodeId_isRefused() {
    DiscoveryRequest first =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(EDS)
            .setNode(Node.newBuilder().setId("n".repeat(11)))
            .build();
    var marshaller = InboundFrame.marshaller(DiscoveryRequest.parser(), SMALL.requestBytes());
    client.stream.request(marshaller.parse(new ByteArrayInputStream(first.toByteArray())));
    assertRefused(client.out, Status.Code.INVALID_ARGUMENT, "node has at most 10 characters");
  }

  @Test
  void longNodeDescription_isRefused() {
    Map<String, Node.Builder> nodes =
        Map.of(
            "cluster of a node", Node.newBuilder().setId("n").setCluster("c".repeat(11)),
            "user agent of a node", Node.newBuilder().setId("n").setUserAgentName("u".repeat(11)),
            "metadata of a node has at most 65536 bytes",
                Node.newBuilder()
                    .setId("n")
                    .setMetadata(
                        Struct.newBuilder()
                            .putFields(
                                "LABELS",
                                Value.newBuilder().setStringValue("x".repeat(66_000)).build())));
    nodes.forEach(
        (text, node) -> {
          Sotw stream = engine.sotw(ClientKind.GRPC);
          DiscoveryRequest first =
              DiscoveryRequest.newBuilder().setTypeUrl(EDS).setNode(node).build();
          var marshaller = InboundFrame.marshaller(DiscoveryRequest.parser(), 1 << 20);
          stream.stream.request(marshaller.parse(new ByteArrayInputStream(first.toByteArray())));
          assertRefused(stream.out, Status.Code.INVALID_ARGUMENT, text);
        });
  }

  @Test
  void tooManyTypes_areRefused_andATypeIsNeeded() {
    client.subscribe(EDS, "a");
    client.subscribe(CDS, "a");
    client.subscribe(LDS, "a");
    assertRefused(client.out, Status.Code.RESOURCE_EXHAUSTED, "more than 2 types");
    Sotw untyped = engine.sotw(ClientKind.GRPC);
    untyped.subscribe("", "a");
    assertRefused(untyped.out, Status.Code.INVALID_ARGUMENT, "type_url");
  }

  @Test
  void largeOrBrokenRequest_isRefusedWithAReason() {
    DiscoveryRequest large =
        DiscoveryRequest.newBuilder().addResourceNames("x".repeat(2_000)).build();
    var marshaller = InboundFrame.marshaller(DiscoveryRequest.parser(), SMALL.requestBytes());
    client.stream.request(marshaller.parse(new ByteArrayInputStream(large.toByteArray())));
    assertRefused(client.out, Status.Code.INVALID_ARGUMENT, "1000 bytes");
    Delta delta = engine.delta(ClientKind.INMESH);
    var other = InboundFrame.marshaller(DeltaDiscoveryRequest.parser(), SMALL.requestBytes());
    delta.stream.request(other.parse(new ByteArrayInputStream(new byte[] {-1, -1, -1})));
    assertRefused(delta.out, Status.Code.INVALID_ARGUMENT, "not a discovery request");
  }

  @Test
  void refusedByAdmission_getsThatStatus() {
    engine.admission =
        (node, transport, context) ->
            () -> Status.PERMISSION_DENIED.withDescription(node.getId() + " is someone else");
    Sotw refused = engine.sotw(ClientKind.GRPC);
    refused.subscribe(LDS, "a");
    assertRefused(refused.out, Status.Code.PERMISSION_DENIED, "client-2 is someone else");
    assertThat(engine.clients.size()).isEqualTo(1);
  }

  @Test
  void nextRequest_isLetInWhenTheLastWasDealtWith() {
    client.subscribe(EDS, "a");
    client.subscribe(EDS, "b");
    assertThat(client.out.requested).isEqualTo(2);
  }

  @Test
  void closedStream_leavesNothingBehind() {
    client.subscribe(EDS, "a");
    Delta delta = engine.delta(ClientKind.INMESH);
    delta.subscribe(CDS, "*", "a");
    assertThat(engine.store.index().size()).isEqualTo(3);
    client.stream.cancelled();
    delta.stream.cancelled();
    assertThat(engine.store.index().size()).isZero();
    assertThat(engine.clients.size()).isZero();
    engine.put(EDS, "a", 2);
    assertThat(client.out.responses).hasSize(1);
  }

  @Test
  void missingAcknowledgement_showsAsStaleAfterThirtySeconds() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    assertThat(state()).isEqualTo(SyncState.PENDING);
    clock.advanceMillis(30_000);
    assertThat(state()).isEqualTo(SyncState.STALE);
    client.ack(client.one(), "a");
    assertThat(state()).isEqualTo(SyncState.SYNCED);
    client.subscribe(CDS);
    client.ack(client.one());
    assertThat(state()).isEqualTo(SyncState.SYNCED);
  }

  @Test
  void clientThatStandsInTheWayOfChanges_isDisconnectedAfterFiveMinutes() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    tickFor(400_000);
    assertThat(client.out.closed).as("nothing waits for it").isNull();
    engine.put(EDS, "a", 2);
    tickFor(299_000);
    assertThat(client.out.closed).isNull();
    tickFor(2_000);
    assertRefused(client.out, Status.Code.UNAVAILABLE, "behind");
  }

  @Test
  void clientWhoseTransportStaysFull_isDisconnectedAfterFiveMinutes() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    client.out.ready = false;
    engine.put(EDS, "a", 2);
    tickFor(301_000);
    assertRefused(client.out, Status.Code.UNAVAILABLE, "behind");
  }

  @Test
  void slowClientThatMoves_stays() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    for (int i = 2; i < 8; i++) {
      DiscoveryResponse response = client.one();
      engine.put(EDS, "a", i);
      tickFor(200_000);
      client.ack(response, "a");
    }
    assertThat(client.out.closed).isNull();
  }

  @Test
  void streamWithoutARequest_isClosed() {
    tickFor(31_000);
    assertRefused(client.out, Status.Code.INVALID_ARGUMENT, "no discovery request");
  }

  @Test
  void status_tellsWhoAndHowFar() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a", "b");
    DiscoveryResponse first = client.one();
    client.ack(first, "a", "b");
    engine.put(EDS, "a", 2);
    clock.advanceMillis(1_500);
    ClientStatus status = engine.clients.clients().get(0);
    assertThat(status.nodeId()).isEqualTo("client-1");
    assertThat(status.kind()).isEqualTo(ClientKind.GRPC);
    assertThat(status.userAgent()).isEqualTo("gRPC Java 1.85.1");
    assertThat(status.version()).isEqualTo("1.85.1");
    assertThat(status.remoteAddress()).isEqualTo("test");
    assertThat(status.delta()).isFalse();
    TypeStatus type = status.types().get(0);
    assertThat(type.subscribed()).isEqualTo(2);
    assertThat(type.nonceAcknowledged()).isEqualTo(first.getNonce());
    assertThat(type.nonceSent()).isNotEqualTo(first.getNonce());
    assertThat(type.versionAcknowledged()).isEqualTo(first.getVersionInfo());
    assertThat(type.lag()).isEqualTo(Duration.ofMillis(1_500));
    assertThat(type.sentAt()).isNotNull();
    assertThat(engine.clients.sent(status.connection(), EDS).join())
        .singleElement()
        .satisfies(sent -> assertThat(Engine.nameOf(sent.content())).isEqualTo("a"));
  }

  @Test
  void propagation_countsAcknowledgements() {
    engine.put(EDS, "a", 1);
    Delta delta = engine.delta(ClientKind.INMESH);
    Sotw other = engine.sotw(ClientKind.GRPC);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    delta.subscribe(EDS, "a");
    delta.ack(delta.one());
    other.subscribe(EDS, "b");
    long revision = engine.put(EDS, "a", 2);
    CompletableFuture<Propagation> wait = await(revision);
    assertThat(wait).isNotDone();
    client.ack(client.one(), "a");
    assertThat(wait).isNotDone();
    delta.ack(delta.one());
    assertThat(wait).isCompletedWithValue(new Propagation(2, 2));
    assertThat(await(revision)).isCompletedWithValue(new Propagation(2, 2));
    assertThat(clock.pending()).isZero();
  }

  @Test
  void propagation_waitsForTheResponseThatCarriesTheChange() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    DiscoveryResponse first = client.one();
    CompletableFuture<Propagation> wait = await(engine.put(EDS, "a", 2));
    client.ack(first, "a");
    assertThat(wait).isNotDone();
    client.ack(client.one(), "a");
    assertThat(wait).isCompletedWithValue(new Propagation(1, 1));
  }

  @Test
  void propagation_givesUpInTime_andForgetsWhoLeaves() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    Delta delta = engine.delta(ClientKind.INMESH);
    delta.subscribe(EDS, "a");
    Sotw refuses = engine.sotw(ClientKind.GRPC);
    refuses.subscribe(EDS, "a");
    CompletableFuture<Propagation> wait = await(engine.store.revision());
    delta.stream.cancelled();
    refuses.nack(refuses.one(), "no", "a");
    clock.advanceMillis(999);
    assertThat(wait).isNotDone();
    clock.advanceMillis(1);
    assertThat(wait).isCompletedWithValue(new Propagation(0, 2));
    assertThat(wait.join().complete()).isFalse();
  }

  @Test
  void discovery_waitsForTheClientsThatHadAskedInVain() {
    client.subscribe(LDS, "door");
    client.ack(client.one(), "door");
    engine.put(LDS, "door", 1);
    CompletableFuture<Propagation> wait =
        engine.clients.awaitDiscovered("door", "a", engine.put(EDS, "a", 1), Duration.ofSeconds(1));
    client.ack(client.one(), "door");
    assertThat(wait).as("it knows the door only").isNotDone();
    client.subscribe(EDS, "a");
    DiscoveryResponse endpoints = client.one();
    assertThat(wait).isNotDone();
    client.ack(endpoints, "a");
    assertThat(wait).isCompletedWithValue(new Propagation(1, 1));
    assertThat(clock.pending()).isZero();
  }

  @Test
  void propagation_withoutWatchers_isDoneAtOnce() {
    assertThat(await(0)).isCompletedWithValue(new Propagation(0, 0));
  }

  @Test
  void disconnect_takesThoseItIsToldTo() {
    client.subscribe(EDS, "a");
    Sotw other = engine.sotw(ClientKind.GRPC);
    other.subscribe(EDS, "a");
    assertThat(
            engine.clients.disconnect(c -> c.nodeId().equals("client-1"), Status.PERMISSION_DENIED))
        .isEqualTo(1);
    assertThat(client.out.closed).isEqualTo(Status.PERMISSION_DENIED);
    assertThat(other.out.closed).isNull();
  }

  private CompletableFuture<Propagation> await(long revision) {
    return engine.clients.awaitAcknowledged(EDS, "a", revision, Duration.ofSeconds(1));
  }

  private SyncState state() {
    return engine.clients.clients().get(0).types().get(0).state();
  }

  private void tickFor(long millis) {
    for (long done = 0; done < millis; done += 1_000) {
      clock.advanceMillis(1_000);
      client.stream.tick(clock.nanoTime());
    }
  }
}

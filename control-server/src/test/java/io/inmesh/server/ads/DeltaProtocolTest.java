package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.names;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.inmesh.server.ads.Engine.Delta;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The incremental rules, one by one. */
class DeltaProtocolTest {
  private final Engine engine = new Engine();
  private final Delta client = engine.delta(ClientKind.INMESH);

  private String version(String typeUrl, String name) {
    return engine.store.version(typeUrl, name, List.of(ResourceStore.DEFAULT_VIEW)).orElseThrow();
  }

  @Test
  void namedSubscription_getsOnlyThat_alsoForClusters() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS, "a");
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(response.getResources(0).getVersion()).isEqualTo(version(CDS, "a"));
    assertThat(response.getSystemVersionInfo()).isNotEmpty();
    assertThat(response.getTypeUrl()).isEqualTo(CDS);
    assertThat(response.getControlPlane().getIdentifier()).isEqualTo("test");
    client.ack(response);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void change_isSentAlone_andRemovalByName() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS, "a", "b");
    client.ack(client.one());
    engine.put(CDS, "b", 2);
    DeltaDiscoveryResponse changed = client.one();
    assertThat(names(changed)).containsExactly("b");
    client.ack(changed);
    engine.remove(CDS, "a");
    DeltaDiscoveryResponse removed = client.one();
    assertThat(removed.getResourcesList()).isEmpty();
    assertThat(removed.getRemovedResourcesList()).containsExactly("a");
    client.ack(removed);
    engine.put(CDS, "a", 1);
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void unknownName_isReportedRemoved() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a", "nope");
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(response.getRemovedResourcesList()).containsExactly("nope");
  }

  @Test
  void emptyFirstRequest_isWildcardForClusters_notForEndpoints() {
    engine.put(CDS, "a", 1);
    engine.put(EDS, "a", 1);
    client.subscribe(EDS);
    assertThat(client.take()).isEmpty();
    client.subscribe(CDS);
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    client.ack(response);
    engine.put(CDS, "b", 1);
    assertThat(names(client.one())).containsExactly("b");
  }

  @Test
  void legacyWildcard_survivesAddedNames_andEndsByStar() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS);
    client.ack(client.one());
    client.subscribe(CDS, "a");
    // Asked for by name, sent by name, although everything was sent before.
    DeltaDiscoveryResponse again = client.one();
    assertThat(names(again)).containsExactly("a");
    client.ack(again);
    engine.put(CDS, "b", 2);
    DeltaDiscoveryResponse changed = client.one();
    assertThat(names(changed)).containsExactly("b");
    client.ack(changed);
    client.unsubscribe(CDS, "*");
    engine.put(CDS, "b", 3);
    assertThat(client.take()).isEmpty();
    engine.put(CDS, "a", 2);
    DeltaDiscoveryResponse named = client.one();
    assertThat(names(named)).containsExactly("a");
    client.ack(named);
    client.unsubscribe(CDS, "a");
    engine.put(CDS, "a", 3);
    engine.put(CDS, "b", 4);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void unsubscribeUnderWildcard_isAnsweredWithTheResourceOrItsRemoval() {
    engine.put(CDS, "a", 1);
    client.subscribe(CDS, "*", "a", "nope");
    client.ack(client.one());
    client.unsubscribe(CDS, "a", "nope");
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(response.getRemovedResourcesList()).containsExactly("nope");
    client.ack(response);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void unsubscribe_isNotAnswered() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one());
    client.unsubscribe(EDS, "a");
    engine.put(EDS, "a", 2);
    engine.remove(EDS, "a");
    assertThat(client.take()).isEmpty();
  }

  @Test
  void subscribeAgain_sendsAgain() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a", "nope");
    client.ack(client.one());
    client.subscribe(EDS, "a", "nope");
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(response.getRemovedResourcesList()).containsExactly("nope");
  }

  @Test
  void reconnectWithVersions_getsOnlyTheDifference() {
    for (String name : List.of("same", "changed", "gone", "other")) {
      engine.put(CDS, name, 1);
    }
    Map<String, String> held =
        Map.of(
            "same", version(CDS, "same"),
            "changed", version(CDS, "changed"),
            "gone", version(CDS, "gone"),
            "not-ours", "1");
    engine.put(CDS, "changed", 2);
    engine.remove(CDS, "gone");
    client.resume(CDS, held, "same", "changed", "gone", "other");
    DeltaDiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("changed", "other");
    assertThat(response.getRemovedResourcesList()).containsExactly("gone");

    Delta all = engine.delta(ClientKind.ENVOY);
    all.resume(CDS, held);
    DeltaDiscoveryResponse wild = all.one();
    assertThat(names(wild)).containsExactly("changed", "other");
    assertThat(wild.getRemovedResourcesList()).containsExactlyInAnyOrder("gone", "not-ours");
  }

  @Test
  void reconnectWithEverythingCurrent_isAnsweredWithNothing() {
    engine.put(EDS, "a", 1);
    client.resume(EDS, Map.of("a", version(EDS, "a")), "a");
    DeltaDiscoveryResponse response = client.one();
    assertThat(response.getResourcesList()).isEmpty();
    assertThat(response.getRemovedResourcesList()).isEmpty();
    client.ack(response);
    engine.put(EDS, "a", 2);
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void spontaneousRequestsWhileUnacknowledged_takeEffectAfterTheAck() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    engine.put(EDS, "c", 1);
    client.subscribe(EDS, "a");
    DeltaDiscoveryResponse first = client.one();
    client.subscribe(EDS, "b");
    client.subscribe(EDS, "c");
    client.unsubscribe(EDS, "b");
    assertThat(client.take()).isEmpty();
    client.ack(first);
    assertThat(names(client.one())).containsExactly("c");
  }

  @Test
  void staleNonce_doesNotAcknowledge_butItsSubscriptionCounts() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a");
    DeltaDiscoveryResponse first = client.one();
    client.send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(EDS)
            .setResponseNonce("no-such-nonce")
            .addResourceNamesSubscribe("b"));
    assertThat(client.take()).isEmpty();
    client.ack(first);
    assertThat(names(client.one())).containsExactly("b");
  }

  @Test
  void refusal_isNotAnswered_untilTheResourceChanges() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.nack(client.one(), "bad");
    assertThat(client.take()).isEmpty();
    assertThat(engine.clients.clients().get(0).types().get(0).state()).isEqualTo(SyncState.NACKED);
    engine.put(EDS, "a", 2);
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void firstRequestWithNonceOfAnOldStream_isAFirstRequest() {
    engine.put(EDS, "a", 1);
    client.send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(EDS)
            .setResponseNonce("7")
            .addResourceNamesSubscribe("a"));
    assertThat(names(client.one())).containsExactly("a");
  }
}

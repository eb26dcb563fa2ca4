package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.LDS;
import static io.inmesh.server.ads.Engine.RDS;
import static io.inmesh.server.ads.Engine.missing;
import static io.inmesh.server.ads.Engine.names;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.inmesh.server.ads.Engine.Sotw;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The state-of-the-world rules, one by one. */
class SotwProtocolTest {
  private final Engine engine = new Engine();
  private final Sotw client = engine.sotw(ClientKind.GRPC);

  @Test
  void namedRequest_getsOnlyWhatItNames() {
    engine.put(LDS, "a", 1);
    engine.put(LDS, "b", 1);
    client.subscribe(LDS, "a");
    DiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(response.getNonce()).isNotEmpty();
    assertThat(response.getVersionInfo()).hasSize(32);
    assertThat(response.getTypeUrl()).isEqualTo(LDS);
    assertThat(response.getControlPlane().getIdentifier()).isEqualTo("test");
  }

  @Test
  void acknowledgement_isNotAnswered() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    assertThat(client.take()).isEmpty();
  }

  @Test
  void change_reachesOnlyItsSubscribers() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    Sotw other = engine.sotw(ClientKind.GRPC);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    other.subscribe(EDS, "b");
    other.ack(other.one(), "b");
    engine.put(EDS, "a", 2);
    assertThat(names(client.one())).containsExactly("a");
    assertThat(other.take()).isEmpty();
  }

  @Test
  void sameContentPublishedAgain_isNotSent() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    long revision = engine.store.revision();
    assertThat(engine.put(EDS, "a", 1)).isEqualTo(revision);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void changesWhileUnacknowledged_areSentTogetherAfterTheAck() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a", "b");
    DiscoveryResponse first = client.one();
    engine.put(EDS, "a", 2);
    engine.put(EDS, "b", 2);
    engine.put(EDS, "a", 3);
    assertThat(client.take()).isEmpty();
    client.ack(first, "a", "b");
    assertThat(names(client.one())).containsExactly("a", "b");
  }

  @Test
  void changeUndoneWhileUnacknowledged_isNotSent() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    DiscoveryResponse first = client.one();
    engine.put(EDS, "a", 2);
    engine.put(EDS, "a", 1);
    client.ack(first, "a");
    assertThat(client.take()).isEmpty();
  }

  @Test
  void endpoints_carryOnlyWhatChanged_butClustersAreWhole() {
    for (String type : List.of(EDS, CDS)) {
      engine.put(type, "a", 1);
      engine.put(type, "b", 1);
      client.subscribe(type, "a", "b");
      client.ack(client.one(), "a", "b");
      engine.put(type, "a", 2);
      assertThat(names(client.one()))
          .isEqualTo(type.equals(EDS) ? List.of("a") : List.of("a", "b"));
    }
  }

  @Test
  void unknownName_doesNotHoldUpOthers_andIsReported() {
    engine.put(RDS, "a", 1);
    client.subscribe(RDS, "a", "nope");
    DiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("a");
    assertThat(missing(response)).containsExactly("nope");
    assertThat(response.getResourceErrors(0).getErrorDetail().getCode()).isEqualTo(5);
    client.ack(response, "a", "nope");
    assertThat(client.take()).isEmpty();
    engine.put(RDS, "nope", 1);
    assertThat(names(client.one())).containsExactly("nope");
  }

  @Test
  void onlyUnknownNames_areAnsweredAtOnce() {
    client.subscribe(LDS, "nope");
    DiscoveryResponse response = client.one();
    assertThat(response.getResourcesList()).isEmpty();
    assertThat(missing(response)).containsExactly("nope");
  }

  @Test
  void addedName_isSent_removedNameIsNotAnswered() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a");
    DiscoveryResponse first = client.one();
    client.ack(first, "a");
    client.ack(first, "a", "b");
    DiscoveryResponse second = client.one();
    assertThat(names(second)).containsExactly("b");
    client.ack(second, "a", "b");
    client.ack(second, "b");
    assertThat(client.take()).isEmpty();
    engine.put(EDS, "a", 2);
    assertThat(client.take()).isEmpty();
    engine.put(EDS, "b", 2);
    assertThat(names(client.one())).containsExactly("b");
  }

  @Test
  void nameAskedForAgain_isSentAgain() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a", "b");
    DiscoveryResponse first = client.one();
    client.ack(first, "a", "b");
    client.ack(first, "b");
    client.ack(first, "a", "b");
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void nameDroppedAndAskedForAgainBeforeTheAck_isSentAgain() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a", "b");
    DiscoveryResponse first = client.one();
    client.ack(first, "a", "b");
    engine.put(EDS, "b", 2);
    DiscoveryResponse second = client.one();
    // Made before the client saw the second response.
    client.ack(first, "b");
    client.ack(first, "a", "b");
    assertThat(client.take()).isEmpty();
    client.ack(second, "a", "b");
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void emptyListAfterNames_isUnsubscribed_notWildcard() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS, "a");
    DiscoveryResponse first = client.one();
    client.ack(first, "a");
    client.ack(first);
    assertThat(client.take()).isEmpty();
    engine.put(CDS, "a", 2);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void emptyFirstList_isWildcardForListenersAndClusters() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS);
    DiscoveryResponse first = client.one();
    assertThat(names(first)).containsExactly("a", "b");
    client.ack(first);
    engine.put(CDS, "c", 1);
    DiscoveryResponse second = client.one();
    assertThat(names(second)).containsExactly("a", "b", "c");
    client.ack(second);
    engine.remove(CDS, "a");
    assertThat(names(client.one())).containsExactly("b", "c");
  }

  @Test
  void wildcardOverNothing_isAnsweredWithNothing() {
    client.subscribe(LDS);
    assertThat(client.one().getResourcesList()).isEmpty();
  }

  @Test
  void emptyFirstList_isNoWildcardForEndpoints() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void star_isWildcardForAnyType_andJoinsNames() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "*", "nope");
    DiscoveryResponse first = client.one();
    assertThat(names(first)).containsExactly("a");
    assertThat(missing(first)).containsExactly("nope");
    client.ack(first, "*", "nope");
    engine.put(EDS, "b", 1);
    DiscoveryResponse second = client.one();
    assertThat(names(second)).containsExactly("b");
    client.ack(second, "nope", "b");
    engine.put(EDS, "a", 2);
    assertThat(client.take()).isEmpty();
    engine.put(EDS, "b", 2);
    assertThat(names(client.one())).containsExactly("b");
  }

  @Test
  void namesAfterLegacyWildcard_endIt() {
    engine.put(CDS, "a", 1);
    engine.put(CDS, "b", 1);
    client.subscribe(CDS);
    DiscoveryResponse first = client.one();
    client.ack(first, "a");
    assertThat(client.take()).isEmpty();
    engine.put(CDS, "b", 2);
    assertThat(client.take()).isEmpty();
    client.ack(first);
    engine.put(CDS, "a", 2);
    assertThat(client.take()).isEmpty();
  }

  @Test
  void staleNonce_isIgnored() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    DiscoveryResponse first = client.one();
    client.ack(first, "a");
    engine.put(EDS, "a", 2);
    DiscoveryResponse second = client.one();
    engine.put(EDS, "a", 3);
    client.ack(first, "a");
    client.nack(first, "late", "a");
    assertThat(client.take()).isEmpty();
    client.ack(second, "a");
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void refusal_isRecorded_andNotAnswered() {
    engine.put(CDS, "a", 1);
    client.subscribe(CDS, "a");
    for (int i = 0; i < 100; i++) {
      client.nack(last(), "no such\nthing", "a");
    }
    assertThat(client.out.responses).hasSize(1);
    TypeStatus status = engine.clients.clients().get(0).types().get(0);
    assertThat(status.state()).isEqualTo(SyncState.NACKED);
    assertThat(status.lastError()).isEqualTo("INVALID_ARGUMENT: no such thing");
    engine.put(CDS, "a", 2);
    assertThat(client.out.responses).hasSize(2);
    client.ack(last(), "a");
    assertThat(engine.clients.clients().get(0).types().get(0).state()).isEqualTo(SyncState.SYNCED);
  }

  @Test
  void refusedContentPutBack_isSent() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    engine.put(EDS, "a", 2);
    client.nack(client.one(), "bad", "a");
    engine.put(EDS, "a", 1);
    assertThat(names(client.one())).containsExactly("a");
  }

  @Test
  void deletedListener_isLeftOut() {
    engine.put(LDS, "a", 1);
    engine.put(LDS, "b", 1);
    client.subscribe(LDS, "a", "b");
    client.ack(client.one(), "a", "b");
    engine.remove(LDS, "a");
    DiscoveryResponse response = client.one();
    assertThat(names(response)).containsExactly("b");
    assertThat(missing(response)).containsExactly("a");
  }

  @Test
  void deletedEndpoints_areReported() {
    engine.put(EDS, "a", 1);
    client.subscribe(EDS, "a");
    client.ack(client.one(), "a");
    engine.remove(EDS, "a");
    DiscoveryResponse response = client.one();
    assertThat(response.getResourcesList()).isEmpty();
    assertThat(missing(response)).containsExactly("a");
  }

  @Test
  void secondRequestWithoutNonce_changesTheSubscriptionOnly() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a");
    DiscoveryResponse first = client.one();
    client.subscribe(EDS, "a", "b");
    assertThat(client.take()).isEmpty();
    client.ack(first, "a", "b");
    assertThat(names(client.one())).containsExactly("b");
  }

  @Test
  void version_isThatOfTheSubscribedSet_onAnyServer() {
    engine.put(EDS, "a", 1);
    engine.put(EDS, "b", 1);
    client.subscribe(EDS, "a", "b");
    String version = client.one().getVersionInfo();

    Engine replica = new Engine();
    replica.put(EDS, "c", 1);
    replica.put(EDS, "b", 1);
    replica.put(EDS, "a", 7);
    Sotw there = replica.sotw(ClientKind.GRPC);
    there.subscribe(EDS, "b");
    DiscoveryResponse first = there.one();
    there.ack(first, "b");
    replica.put(EDS, "a", 1);
    there.ack(first, "b", "a");
    assertThat(there.one().getVersionInfo()).isEqualTo(version);
  }

  @Test
  void nodeOnlyInTheFirstRequest_isEnough_andAnotherIsRefused() {
    client.subscribe(LDS, "a");
    client.subscribe(CDS, "a");
    assertThat(client.out.closed).isNull();
    client.raw(
        DiscoveryRequest.newBuilder()
            .setTypeUrl(EDS)
            .setNode(Engine.node("someone-else", ClientKind.GRPC))
            .build());
    assertThat(client.out.closed).isNotNull();
    assertThat(client.out.closed.getCode()).isEqualTo(io.grpc.Status.Code.INVALID_ARGUMENT);
    assertThat(client.out.closed.getDescription()).contains("someone-else");
  }

  @Test
  void firstRequestWithoutNode_isRefused() {
    client.raw(DiscoveryRequest.newBuilder().setTypeUrl(LDS).addResourceNames("a").build());
    assertThat(client.out.closed).isNotNull();
    assertThat(client.out.closed.getDescription()).contains("node");
  }

  @Test
  void otherTypes_areServedAsWell() {
    String type = "type.googleapis.com/google.protobuf.Value";
    engine.put(type, "x", 1);
    client.subscribe(type, "x");
    assertThat(names(client.one())).containsExactly("x");
  }

  private DiscoveryResponse last() {
    try {
      return DiscoveryResponse.parseFrom(client.out.responses.get(client.out.responses.size() - 1));
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
